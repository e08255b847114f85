using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Actions.Engine;
using Actions.Server.Errors;
using Actions.Storage;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.Extensions.Logging;

namespace Actions.Server.Tests.Tidy;

/// <summary>House rules that show in the assemblies.</summary>
public sealed partial class DeclarationTests
{
    private static readonly Assembly[] Ours = [typeof(ActionEngine).Assembly, typeof(IActionStore).Assembly, typeof(RpcErrors).Assembly];

    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public
        | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void EachOption_IsDocumented()
    {
        var options = Ours.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.Namespace?.StartsWith("Actions.") == true)
            .ToList();
        options.Count.ShouldBeGreaterThan(3);

        var undocumented = options.SelectMany(type => type.GetProperties())
            .Where(property => SummaryOf(property).Length < 10)
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}");
        undocumented.ShouldBeEmpty();
    }

    [Fact]
    public void LogEvents_HaveIdsOfTheirOwn()
    {
        var events = Ours.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(Declared))
            .Select(method => (
                Method: $"{method.DeclaringType!.Name}.{method.Name}", Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(declared => declared.Event is not null)
            .ToList();

        events.Count.ShouldBeGreaterThan(5);
        events.ShouldAllBe(declared => declared.Event!.EventId > 0);
        events.GroupBy(declared => declared.Event!.EventId).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(declared => declared.Method))}").ShouldBeEmpty();
    }

    [Fact]
    public void NothingIsLogged_ButDeclaredEvents()
    {
        foreach (var path in Repository.Sources.Where(path => path.StartsWith("src/", StringComparison.Ordinal)))
            CSharpSource.Find<MemberAccessExpressionSyntax>(path)
                .Where(access => access.Parent is InvocationExpressionSyntax && UndeclaredEvent().IsMatch(access.Name.Identifier.Text))
                .Select(access => access.ToString()).ShouldBeEmpty(path);
    }

    private static string SummaryOf(PropertyInfo property)
    {
        var name = $"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}";
        return XDocument.Load(Path.ChangeExtension(property.DeclaringType.Assembly.Location, ".xml"))
            .Descendants("member").Where(member => (string?)member.Attribute("name") == name)
            .Select(member => member.Element("summary")?.Value.Trim()).SingleOrDefault() ?? "";
    }

    [GeneratedRegex(@"^Log(Trace|Debug|Information|Warning|Error|Critical)?$")]
    private static partial Regex UndeclaredEvent();
}
