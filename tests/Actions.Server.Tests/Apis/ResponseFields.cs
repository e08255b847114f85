using System.Text.RegularExpressions;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>The fields of a row in docs/apis.md: <c>name = where</c>, separated by semicolons.</summary>
internal static partial class ResponseFields
{
    public static IEnumerable<ResultField> Parse(string cell) =>
        cell.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(Field);

    private static ResultField Field(string text)
    {
        var parts = Parts().Match(text);
        parts.Success.ShouldBeTrue(text);
        var (where, from) = (parts.Groups["where"].Value, parts.Groups["from"].Value);
        var field = new ResultField
        {
            Variable = parts.Groups["name"].Value,
            Required = parts.Groups["required"].Success,
            KeepNull = parts.Groups["keep"].Success,
            DefaultValue = parts.Groups["default"] is { Success: true, Value: var json }
                ? JsonParser.Default.Parse<Value>(json) : null,
            Source = from.Length > 0 ? $"result:{from}" : "",
        };
        if (where is "status" or "text" || where.StartsWith("header:", StringComparison.Ordinal))
            field.Source = where;
        else if (where.StartsWith('$'))
            field.JsonPath = where;
        else
            field.Xpath = where;
        return field;
    }

    [GeneratedRegex(
        "^(?<name>\\w+) = (?<where>.+?)(?: in (?<from>\\w+))?"
        + "(?<required> required)?(?: default (?<default>.+?))?(?<keep> keep null)?$")]
    private static partial Regex Parts();
}
