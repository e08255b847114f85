using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Console;

namespace Actions.Server.Logging;

/// <summary>Gathers texts for a stream of the console, and writes them together on a thread of its own.</summary>
internal sealed class ConsoleBatch : IDisposable
{
    // A person who watches doesn't notice it, and a process that is killed loses no more.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    // A reader of the stream that has stopped reading must not keep the process from ending.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    // What a busy server gathers. A buffer that had to grow beyond isn't kept.
    private const int UsualChars = 64 << 10;

    private readonly object _gate = new();
    private readonly StreamWriter _console;
    private readonly ConsoleLoggerOptions _limits;
    private readonly Thread _thread;
    // All guarded by the gate, but for what the thread has taken.
    private ArrayBufferWriter<char> _pending = new(UsualChars);
    private ArrayBufferWriter<char> _taken = new(UsualChars);
    private int _events;
    private long _dropped;
    private bool _isUrgent;
    private bool _hasEnded;

    /// <param name="console">The stream.</param>
    /// <param name="limits">How many events may wait, and what happens to those beyond.</param>
    public ConsoleBatch(Stream console, ConsoleLoggerOptions limits)
    {
        _console = new StreamWriter(console, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 << 10);
        _limits = limits;
        _thread = new Thread(WriteAll) { IsBackground = true, Name = "console" };
        _thread.Start();
    }

    /// <param name="text">The text of one event.</param>
    /// <param name="isUrgent">It is written at once.</param>
    public void Add(StringBuilder text, bool isUrgent)
    {
        lock (_gate)
        {
            while (_events >= _limits.MaxQueueLength && !_hasEnded)
            {
                if (_limits.QueueFullMode == ConsoleLoggerQueueFullMode.DropWrite)
                {
                    _dropped++;
                    return;
                }

                Monitor.Wait(_gate);
            }

            if (_hasEnded)
                return;
            foreach (var chunk in text.GetChunks())
                _pending.Write(chunk.Span);
            _events++;
            _isUrgent |= isUrgent || _events == _limits.MaxQueueLength;
            // The thread sleeps until the first event, and then while it gathers the next ones.
            if (_events == 1 || _isUrgent)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Returns when everything is written.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _hasEnded = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join(Patience);
    }

    private void WriteAll()
    {
        try
        {
            while (Take())
            {
                _console.Write(_taken.WrittenSpan);
                _console.Flush();
                if (_taken.Capacity > UsualChars)
                    _taken = new(UsualChars);
                _taken.ResetWrittenCount();
            }
        }
        catch (IOException)
        {
            // Nobody reads the stream any more.
            lock (_gate)
            {
                _hasEnded = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <returns>False: there is nothing left, and nothing will come.</returns>
    private bool Take()
    {
        lock (_gate)
        {
            while (_events == 0 && !_hasEnded)
                Monitor.Wait(_gate);
            if (!_isUrgent && !_hasEnded)
                Monitor.Wait(_gate, Gathering);
            (_pending, _taken) = (_taken, _pending);
            if (_dropped > 0)
                _taken.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_dropped} events were dropped: see Logging:Console:QueueFullMode.{Environment.NewLine}"));
            (_events, _dropped, _isUrgent) = (0, 0, false);
            // There is room again.
            Monitor.PulseAll(_gate);
            return _taken.WrittenCount > 0 || !_hasEnded;
        }
    }
}
