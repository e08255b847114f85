using System.Globalization;
using System.Text;

namespace Actions.Testing.Fuzz;

/// <summary>
/// Puts inputs through a check for a number of seconds: ACTIONS_FUZZ_SECONDS, 2 when unset. ACTIONS_FUZZ_SEED repeats a
/// run; unset, <c>make test</c> always plays the same.
/// </summary>
internal static class FuzzRun
{
    private static readonly TimeSpan Long =
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("ACTIONS_FUZZ_SECONDS") ?? "2", NumberStyles.None, CultureInfo.InvariantCulture));

    // However busy the machine is.
    private const int AtLeast = 100;
    private const int AtLeastLarge = 10;

    public static int Seed { get; } =
        int.Parse(Environment.GetEnvironmentVariable("ACTIONS_FUZZ_SEED") ?? "20260101", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <param name="name">Of what is fuzzed; a failing input is kept under it in artifacts/fuzz.</param>
    /// <param name="mutator">Where inputs come from.</param>
    /// <param name="check">Throws what no input may bring about. Says whether the input was a good one.</param>
    public static async Task PlayAsync(string name, Mutator mutator, Func<byte[], Task<bool>> check)
    {
        var good = 0;
        var played = await RepeatAsync(name, mutator.Next, AtLeast, async input => good += await check(input) ? 1 : 0);

        // A fuzzer that only ever hears "no" looks at nothing but the first line of a parser.
        good.ShouldBeGreaterThan(0);
        good.ShouldBeLessThan(played);
        Report.Write(
            $"fuzz-{name}.md",
            $"fuzz, {name}: {played} inputs in {Long.TotalSeconds:0} s, {good} of them accepted, seed {Seed}.\n");
    }

    /// <summary>Plays large inputs that are built from random numbers. Each input is the seed of its numbers.</summary>
    /// <param name="name">Of what is fuzzed; the seed of a failing input is kept under it in artifacts/fuzz.</param>
    /// <param name="check">Throws what no input may bring about.</param>
    public static async Task PlayAsync(string name, Func<SeededNumbers, Task> check)
    {
        var seed = Seed;
        var played = await RepeatAsync(
            name, () => BitConverter.GetBytes(seed++), AtLeastLarge, input => check(new(BitConverter.ToInt32(input))));
        Report.Write($"fuzz-{name}.md", $"fuzz, {name}: {played} inputs in {Long.TotalSeconds:0} s, seed {Seed}.\n");
    }

    private static async Task<int> RepeatAsync(string name, Func<byte[]> next, int atLeast, Func<byte[], Task> check)
    {
        var played = 0;
        var began = TimeProvider.System.GetTimestamp();
        do
        {
            var input = next();
            try
            {
                await check(input);
            }
            catch (Exception e)
            {
                var path = Keep(name, input);
                throw new InvalidOperationException(
                    $"Input {played} of seed {Seed}, kept as {path}: {Convert.ToBase64String(input)} = {Encoding.UTF8.GetString(input)}", e);
            }

            played++;
        }
        while (TimeProvider.System.GetElapsedTime(began) < Long || played < atLeast);
        return played;
    }

    private static string Keep(string name, byte[] input)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Suites.Checkout(), "artifacts", "fuzz"));
        var path = Path.Combine(folder.FullName, $"{name}-{Seed}.bin");
        File.WriteAllBytes(path, input);
        return path;
    }
}
