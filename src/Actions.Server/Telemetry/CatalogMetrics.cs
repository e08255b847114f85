using System.Diagnostics;
using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
using Actions.Server.Errors;
using Actions.Storage;

namespace Actions.Server.Telemetry;

/// <summary>Metrics of the catalog: cache hits, loads, evictions, and polling of the store.</summary>
internal sealed class CatalogMetrics
{
    private const string ResultTag = "actions.catalog.result";

    private readonly Counter<long> _lookups;
    private readonly Meter _meter;
    private readonly Histogram<double> _loads;
    private readonly TimeProvider _time;
    // The catalog polls until the first batch of the store's change stream. SQLite has none.
    private volatile bool _isPolling = true;

    public CatalogMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = _meter = meters.Create(TelemetryRegistration.MeterName);
        _lookups = meter.CreateCounter<long>(
            "actions.catalog.lookups", "{lookup}", "Actions looked up for an execution: in memory (hit) or in the store (miss).");
        _loads = meter.CreateHistogram(
            "actions.catalog.load.duration", "s", "Time to read an action from the store and to compile it.",
            tags: null, DurationBuckets.Internal);
        meter.CreateObservableGauge(
            "actions.catalog.polling", () => _isPolling ? 1 : 0, "1",
            "1 while the store reports no changes and the catalog compares versions instead.");
    }

    public bool IsPolling
    {
        set => _isPolling = value;
    }

    public void Hit() => LookedUp("hit");

    public void Miss() => LookedUp("miss");

    /// <summary>Reads the cache's own count of evictions when metrics are collected.</summary>
    public void ObserveEvictions(Func<long> evictions) => _meter.CreateObservableCounter(
        "actions.catalog.evictions", evictions, "{action}", "Compiled actions that were dropped because the cache was full.");

    /// <summary>Measures one load. A null result means that the action doesn't exist.</summary>
    public async Task<T?> LoadAsync<T>(Func<Task<T?>> load)
        where T : class
    {
        var began = _time.GetTimestamp();
        try
        {
            var loaded = await load().ConfigureAwait(false);
            Loaded(began, loaded is null ? "not_found" : null);
            return loaded;
        }
        catch (Exception e)
        {
            Loaded(began, e switch
            {
                StoreUnavailableException => "store_unavailable",
                SecretUnreadableException => "secret_unreadable",
                _ => MetricTags.Other,
            });
            throw;
        }
    }

    private void LookedUp(string result)
    {
        if (_lookups.Enabled)
            _lookups.Add(1, new KeyValuePair<string, object?>(ResultTag, result));
    }

    private void Loaded(long began, string? error)
    {
        var tags = default(TagList);
        if (error is not null)
            tags.Add(MetricTags.ErrorType, error);
        _loads.Record(_time.GetElapsedTime(began).TotalSeconds, tags);
    }
}
