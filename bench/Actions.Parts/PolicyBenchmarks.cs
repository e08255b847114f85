using Actions.Engine.Masking;
using Actions.V1;
using BenchmarkDotNet.Attributes;

namespace Actions.Parts;

/// <summary>Which addresses may be called.</summary>
[BenchmarkCategory("Guard")]
public class GuardBenchmarks
{
    private readonly Uri _name = new("https://api.example.com/orders/A-1001?count=3");
    private readonly Uri _address = new("http://127.0.0.1:5080/orders/A-1001");

    [Benchmark(Description = "check a URL with a host name")]
    public object? CheckName() => Parts.Guard.Check(_name);

    [Benchmark(Description = "check a URL with an address")]
    public object? CheckAddress() => Parts.Guard.Check(_address);
}

/// <summary>Secrets in what people see.</summary>
[BenchmarkCategory("Mask")]
public class MaskBenchmarks
{
    private readonly string _text = "The API answered with status 401: the token made-up-token isn't valid for A-1001.";
    private readonly byte[] _body = Parts.Answer("large");
    private readonly SecretMask _mask = new(["made-up-token", "Ada Lovelace"]);

    [Benchmark(Description = "index two secrets")]
    public object Index() => new SecretMask(["made-up-token", "Ada Lovelace"]);

    [Benchmark(Description = "mask a line")]
    public object MaskLine() => _mask.Mask(_text);

    [Benchmark(Description = "mask 64 KiB")]
    public object MaskBody() => _mask.Mask(_body);
}

/// <summary>An action that is saved, or missing in the cache.</summary>
[BenchmarkCategory("Compile")]
public class CompileBenchmarks
{
    private readonly ActionConfig _small = Parts.Scenario("small").ToAction(Parts.Api);
    private readonly ActionConfig _rich = Parts.Scenario("rich").ToAction(Parts.Api);

    [Benchmark(Description = "compile a small action")]
    public object CompileSmall() => Parts.Compiler.CompileStored(_small, "action_config");

    [Benchmark(Description = "compile a rich action")]
    public object CompileRich() => Parts.Compiler.CompileStored(_rich, "action_config");

    [Benchmark(Description = "compile to save")]
    public object CompileToSave() => Parts.Compiler.Compile(_rich, "action_config");
}
