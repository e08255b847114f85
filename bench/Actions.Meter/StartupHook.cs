using System.Globalization;

/// <summary>
/// Loaded into a server by DOTNET_STARTUP_HOOKS, so that the very process that ships is measured: answers each line of
/// standard input with one on standard error.
/// </summary>
/// <remarks>Its name and place are the runtime's: a startup hook has no namespace.</remarks>
internal static class StartupHook
{
    /// <summary>The word that begins an answer.</summary>
    private const string Answer = "METER";

    public static void Initialize() => new Thread(AnswerAll) { IsBackground = true, Name = "meter" }.Start();

    private static void AnswerAll()
    {
        while (Console.In.ReadLine() is { } command)
        {
            if (command == "collect")
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var processor = Environment.CpuUsage.TotalTime.TotalMicroseconds;
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Answer} {allocated} {processor:0} {GC.GetTotalMemory(false)} {Environment.WorkingSet}"));
        }
    }
}
