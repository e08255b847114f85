using System.Globalization;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Demo;

/// <summary>Prints each event when it is received, for people.</summary>
internal sealed class Timeline(TextWriter output, TextWriter errors)
{
    private const string Bold = "1", Dim = "2", Red = "31", Green = "32", Yellow = "33", Cyan = "36";

    // https://no-color.org
    private readonly bool _isColoured = !Console.IsOutputRedirected && !Console.IsErrorRedirected
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

    public void Interruption(PhoneCall call)
    {
        output.WriteLine(Paint($"{call.Caller} interrupts: \"{call.Interruption}\"", Bold));
        output.WriteLine(Paint(
            "  the engine cancels the stream and speaks; the server finishes the POST; then attach", Dim));
    }

    public void Repeat(PhoneCall call)
    {
        output.WriteLine(Paint("The model asks for the same again", Bold));
        output.WriteLine(Paint($"  execute \"{call.Action.Name}\" in the same call", Dim));
    }

    public void Event(ReceivedEvent received)
    {
        var (colour, lines) = received.Event switch
        {
            { Start: { } start } => (Cyan, [Spoken(start.Message)]),
            { Delay: { } delay } => (Yellow, [Spoken(delay.Message)]),
            { Result: { } result } => (Green, Kept(result)),
            { Failure: { } failure } => (Red, [Spoken(failure.Message), .. ForTheDeveloper(failure)]),
            _ => (Red, new[] { "an unknown event" }),
        };
        Row(received, colour, lines);
    }

    public void End(string text)
    {
        output.WriteLine($"\n{Paint(text, Green)}\n");
        output.WriteLine("  make run     starts the server for you to try");
        output.WriteLine("  README.md    describes what else an action can do");
        output.WriteLine("  samples/Actions.Demo/ShopCalls.cs    contains the four actions above");
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

    private void Row(ReceivedEvent received, string colour, string[] lines)
    {
        var (at, name) = ($"{Seconds(received.At),11}", $"{received.Kind.ToString().ToLowerInvariant(),-7}");
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
            .Order(StringComparer.Ordinal),
            .. result.Replayed ? ["replayed: the shop wasn't asked again"] : Array.Empty<string>()];
    }

    private IEnumerable<string> ForTheDeveloper(Failure failure) =>
        new[] { $"reason: {failure.Reason}, status {failure.StatusCode}", $"detail: {failure.Detail}" }
            .Select(line => Paint(line, Dim));

    private static string Assignment(KeyValuePair<string, Value> variable) => $"{variable.Key} = {variable.Value}";

    private string Paint(string text, string colour) => _isColoured ? $"\e[{colour}m{text}\e[0m" : text;
}
