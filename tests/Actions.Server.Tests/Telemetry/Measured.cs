using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Telemetry;

/// <summary>What one server measures: the other servers of this process have meters of the same names.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Text, double Value)> _measurements = [];
    private readonly ConcurrentDictionary<string, Instrument> _instruments = [];

    public Measured(RunningServer server)
    {
        var meters = server.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope != meters || !instrument.Meter.Name.StartsWith("Actions.", StringComparison.Ordinal))
                return;
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public IEnumerable<Instrument> Instruments => _instruments.Values;

    /// <summary>Each measurement as "name key=value …", attributes by key.</summary>
    public IEnumerable<string> Texts => _measurements.Select(measurement => measurement.Text);

    public int Count(string text) => Texts.Count(measurement => measurement == text);

    /// <summary>What an observable instrument without attributes says now.</summary>
    public double Observe(string name)
    {
        _listener.RecordObservableInstruments();
        return _measurements.Last(measurement => measurement.Text == name).Value;
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var attributes = tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $" {tag.Key}={tag.Value}");
        _measurements.Enqueue((instrument.Name + string.Concat(attributes), value));
    }
}
