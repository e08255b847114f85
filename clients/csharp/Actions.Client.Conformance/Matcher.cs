using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Actions.Client.Conformance;

/// <summary>Compares an actual value with a case's `expect`, and stores the values that the case saves.</summary>
internal sealed class Matcher(Dictionary<string, string> saved)
{
    // Stands for a missing value; JSON's null is a value.
    private static readonly JsonNode Absent = JsonValue.Create("$unset");

    public void Match(JsonNode? expected, JsonNode? actual, string path)
    {
        if (!IsMatch(expected, actual, path))
            throw new MismatchException($"{path}: expected {Text(expected)}, got {Text(actual)}");
    }

    public string Fill(string text) =>
        saved.Aggregate(text, (filled, value) => filled.Replace($"${{{value.Key}}}", value.Value, StringComparison.Ordinal));

    public JsonNode? Fill(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(field => KeyValuePair.Create(Fill(field.Key), Fill(field.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Fill)]),
        JsonValue v when v.GetValueKind() == JsonValueKind.String => JsonValue.Create(Fill((string)v!)),
        _ => node?.DeepClone(),
    };

    private bool IsMatch(JsonNode? expected, JsonNode? actual, string path)
    {
        if (expected is JsonObject wanted && actual is JsonObject got)
        {
            foreach (var (name, value) in wanted.Where(field => !IsRule(field.Key)))
                Match(value, got.ContainsKey(name) ? got[name] : Absent, $"{path}.{name}");
            return !wanted.ContainsKey("$only") || got.All(field => wanted.ContainsKey(field.Key));
        }

        if (expected is JsonArray items && actual is JsonArray came)
            return IsMatch(items, came, path);
        return expected?.GetValueKind() == JsonValueKind.String
            ? IsMatch((string)expected!, actual)
            : JsonNode.DeepEquals(Plain(expected), Plain(actual));
    }

    private bool IsMatch(JsonArray expected, JsonArray actual, string path)
    {
        var at = 0;
        for (var i = 0; i < expected.Count; i++)
        {
            if (at == actual.Count)
                return false;
            Match(expected[i], actual[at++], $"{path}[{i}]");
            while (expected[i] is JsonObject item && item.ContainsKey("$repeat") && at < actual.Count && Fits(item, actual[at]))
                at++;
        }

        return at == actual.Count;
    }

    private bool IsMatch(string expected, JsonNode? actual)
    {
        var text = actual?.GetValueKind() == JsonValueKind.String ? (string?)actual : null;
        if (expected == "$unset" || text == "$unset")
            return expected == text;
        var colon = expected.IndexOf(':', StringComparison.Ordinal);
        var (rule, argument) = colon < 0 ? (expected, "") : (expected[..colon], expected[(colon + 1)..]);
        switch (rule)
        {
            case "$any":
                return true;
            case "$save":
                saved[argument] = text ?? Text(actual);
                return true;
            case "$contains":
                return text?.Contains(Fill(argument), StringComparison.Ordinal) == true;
            case "$at_least":
                return text is not null && Seconds(text) >= Seconds(argument);
            default:
                return Fill(expected) == text;
        }
    }

    private bool Fits(JsonNode? expected, JsonNode? actual)
    {
        try
        {
            Match(expected, actual, "");
            return true;
        }
        catch (MismatchException)
        {
            return false;
        }
    }

    // 1 and 1.0 are the same number.
    private static JsonNode? Plain(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.Number ? JsonNode.Parse(node.GetValue<JsonElement>().GetDouble().ToString("R", CultureInfo.InvariantCulture)) : node;

    private static bool IsRule(string key) => key is "$only" or "$repeat";

    private static double Seconds(string duration) => double.Parse(duration.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";
}
