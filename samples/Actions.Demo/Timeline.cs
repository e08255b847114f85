using System.Globalization;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Demo;

/// <summary>Prints what happens, when it happens, for a person to read.</summary>
internal sealed class Timeline(TextWriter output, TextWriter errors)
{
    private const string Bold = "1", Dim = "2", Red = "31", Green = "32", Yellow = "33", Cyan = "36";

    // https://no-color.org
    private readonly bool coloured = !Console.IsOutputRedirected && !Console.IsErrorRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public static string Seconds(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.000} s");

    public void Title(string text)
    {
        output.WriteLine(Paint(text, Bold));
        output.WriteLine("Quoted text is spoken to the caller. Times count from each call, by the engine's clock.");
        output.WriteLine();
    }

    public void Fact(string name, string value) => output.WriteLine($"  {Paint($"{name,-10}", Dim)}  {value}");

    public void Call(PhoneCall call)
    {
        output.WriteLine($"\n{Paint($"{call.Caller}: \"{call.Question}\"", Bold)}");
        var variables = string.Join(", ", call.Variables.Select(Assignment));
        output.WriteLine(Paint($"  execute \"{call.Action.Name}\" with {variables}", Dim));
    }

    public void Event(HeardEvent heard)
    {
        var (colour, lines) = heard.Event switch
        {
            { Start: { } start } => (Cyan, [Spoken(start.Message)]),
            { Delay: { } delay } => (Yellow, [Spoken(delay.Message)]),
            { Result: { } result } => (Green, Kept(result)),
            { Failure: { } failure } => (Red, [Spoken(failure.Message), .. ForTheDeveloper(failure)]),
            _ => (Red, new[] { "an event of no known kind" }),
        };
        Row(heard, colour, lines);
    }

    public void End(string text)
    {
        output.WriteLine($"\n{Paint(text, Green)}\n");
        output.WriteLine("  make run     starts the server for you to try");
        output.WriteLine("  README.md    describes what else an action can do");
        output.WriteLine("  samples/Actions.Demo/ShopCalls.cs    contains the three actions above");
    }

    public void Failed(string text) => errors.WriteLine($"\n{Paint(text, Red)}");

    public void Quote(string title, IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
            return;
        errors.WriteLine($"\n{title}");
        foreach (var line in lines)
            errors.WriteLine($"  | {line}");
    }

    private void Row(HeardEvent heard, string colour, string[] lines)
    {
        var (at, name) = ($"{Seconds(heard.At),11}", $"{heard.Kind.ToString().ToLowerInvariant(),-7}");
        output.WriteLine($"{at}  {Paint(name, colour)}  {lines.FirstOrDefault()}");
        foreach (var line in lines.Skip(1))
            output.WriteLine($"{"",11}  {"",-7}  {line}");
    }

    private string Spoken(string message) => Paint($"\"{message}\"", Bold);

    private static string[] Kept(Result result)
    {
        var width = result.Variables.Keys.Select(name => name.Length).DefaultIfEmpty().Max();
        return [.. result.Variables
            .Select(variable => $"{variable.Key.PadRight(width)} = {variable.Value}")
            .Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string> ForTheDeveloper(Failure failure) =>
        new[] { $"reason: {failure.Reason}, status {failure.StatusCode}", $"detail: {failure.Detail}" }
            .Select(line => Paint(line, Dim));

    private static string Assignment(KeyValuePair<string, Value> variable) => $"{variable.Key} = {variable.Value}";

    private string Paint(string text, string colour) => coloured ? $"\e[{colour}m{text}\e[0m" : text;
}
