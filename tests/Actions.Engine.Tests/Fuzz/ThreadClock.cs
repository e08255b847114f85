using System.Runtime.InteropServices;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>
/// The processor time of this thread, on Linux. A busy machine makes elapsed time long, but not this.
/// </summary>
internal static class ThreadClock
{
    // CLOCK_THREAD_CPUTIME_ID in Linux's time.h.
    private const int ThreadTime = 3;

    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    public static TimeSpan Now
    {
        get
        {
            var error = ReadClock(ThreadTime, out var time);
            return error == 0
                ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1_000.0)
                : throw new InvalidOperationException($"clock_gettime: {Marshal.GetLastPInvokeError()}");
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
