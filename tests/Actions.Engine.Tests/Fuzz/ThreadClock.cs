using System.Runtime.InteropServices;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>
/// The processor time of one thread, on Linux. A busy machine makes elapsed time long, but not this.
/// </summary>
internal sealed class ThreadClock
{
    // Linux makes a thread's clock id of its number (include/linux/posix-timers.h): CPUCLOCK_SCHED, per thread.
    private const int PerThreadScheduled = 6;

    private readonly int _clock = (~ReadThreadId() << 3) | PerThreadScheduled;

    private ThreadClock()
    {
    }

    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    /// <summary>The processor time of this thread.</summary>
    public static TimeSpan Now => OfThisThread().Time;

    /// <summary>The time of this thread so far. Any thread may ask for it.</summary>
    public TimeSpan Time
    {
        get
        {
            var error = ReadClock(_clock, out var time);
            return error == 0
                ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1_000.0)
                : throw new InvalidOperationException($"clock_gettime: {Marshal.GetLastPInvokeError()}");
        }
    }

    public static ThreadClock OfThisThread() => new();

    [DllImport("libc", EntryPoint = "gettid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadThreadId();

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(int clock, out KernelTime time);

    [StructLayout(LayoutKind.Sequential)]
    private struct KernelTime
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
