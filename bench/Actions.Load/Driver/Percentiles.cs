namespace Actions.Load.Driver;

/// <summary>Sorted once, asked often.</summary>
internal sealed class Percentiles(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;

    /// <param name="share">0.99: the smallest value that 99 % don't exceed.</param>
    public double this[double share] =>
        _sorted.Length == 0
            ? double.NaN
            : _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
