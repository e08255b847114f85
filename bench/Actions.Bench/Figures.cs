using System.Globalization;

namespace Actions.Bench;

/// <summary>Samples in milliseconds and what is quoted of them.</summary>
internal sealed class Figures(string name)
{
    private readonly Lock gate = new();
    private readonly List<double> samples = [];

    public static void PrintHead() =>
        Console.WriteLine($"{"",-46}{"n",7}{"median",10}{"p90",10}{"p99",10}{"max",10}  ms");

    public void Add(TimeSpan time)
    {
        lock (gate)
            samples.Add(time.TotalMilliseconds);
    }

    public void Print()
    {
        samples.Sort();
        Console.WriteLine($"{name,-46}{samples.Count,7}{Text(0.5)}{Text(0.9)}{Text(0.99)}{Text(1)}");
    }

    private string Text(double share)
    {
        var index = Math.Min((int)(share * samples.Count), samples.Count - 1);
        return samples[index].ToString("0.000", CultureInfo.InvariantCulture).PadLeft(10);
    }
}
