using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>How many wait for their turn in one engine, as its metrics say.</summary>
internal sealed class LineWatch : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _meters = [];
    private long _waiting;

    public LineWatch()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_meters.Contains(instrument.Meter) && instrument.Name == "actions.line.waiting")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _waiting = value);
        Metrics = new EngineMetrics(this);
        _listener.Start();
    }

    public EngineMetrics Metrics { get; }

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Returns when so many wait.</summary>
    public async Task UntilAsync(int waiting, CancellationToken cancellationToken)
    {
        while (true)
        {
            _listener.RecordObservableInstruments();
            if (_waiting == waiting)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }
}
