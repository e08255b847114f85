// Runs tests/conformance/cases.json with this client. The README there describes the format; its run.py starts this
// program.
using System.Text.Json.Nodes;
using Actions.Client.Conformance;

var gaps = JsonNode.Parse(await File.ReadAllTextAsync(Runner.Setting("GAPS")))!.AsObject();
var cases = JsonNode.Parse(await File.ReadAllTextAsync(Runner.Setting("CASES")))!["cases"]!.AsArray();
var (passed, failed, skipped) = (0, 0, 0);
using var runner = new Runner();
foreach (var test in cases)
{
    var name = (string)test!["name"]!;
    if (gaps["every client"]!.AsObject().ContainsKey(name) || gaps["csharp"]!.AsObject().ContainsKey(name))
    {
        skipped++;
        Console.WriteLine($"gap {name}");
        continue;
    }

    try
    {
        await runner.RunAsync(test.AsObject());
        passed++;
        Console.WriteLine($"ok {name}");
    }
    // Any exception fails this case only; the other cases still run.
#pragma warning disable CA1031
    catch (Exception e)
#pragma warning restore CA1031
    {
        failed++;
        Console.WriteLine($"not ok {name}: {e.Message}");
    }
}

Console.WriteLine($"{passed} passed, {failed} failed" + (skipped > 0 ? $", {skipped} skipped" : ""));
return failed > 0 ? 1 : 0;
