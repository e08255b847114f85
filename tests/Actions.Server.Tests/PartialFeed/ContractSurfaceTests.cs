using System.Reflection;
using System.Runtime.Loader;

namespace Actions.Server.Tests.PartialFeed;

/// <summary>
/// The official gRPC assemblies run on contract assemblies of this repository where a feed lacks the official ones. Both
/// must answer everything that is asked of them; the same tests hold for the official pair.
/// </summary>
public sealed class ContractSurfaceTests
{
    private static readonly string[] Contracts = ["Grpc.Core.Api", "Grpc.Net.Common"];

    public static TheoryData<string> Users =>
        ["Grpc.AspNetCore.Server", "Grpc.Net.Client", "Actions.Contract", "Actions.Server"];

    public static TheoryData<string> OfficialUsers => ["Grpc.AspNetCore.Server", "Grpc.Net.Client"];

    public static TheoryData<string> ContractNames => [.. Contracts];

    [Theory]
    [MemberData(nameof(Users))]
    public void TypeOrMemberIsTakenFromAContract_ItIsThere(string user)
    {
        using var surface = new ContractSurface(Contracts.Select(FileOf));

        var uses = SurfaceUse.ReadAll(FileOf(user), Contracts);

        uses.Where(use => use.Member is null).ShouldNotBeEmpty();
        uses.Where(use => use.Member is not null).ShouldNotBeEmpty();
        surface.Missing(uses).Select(use => use.ToString()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Grpc.Core.Metadata", "instance System.Void AddTwice(System.String, System.String)")]
    [InlineData("Grpc.Core.Metadata", "instance System.Void Add(System.String, System.Int32)")]
    [InlineData("Grpc.Core.Metadata", "static System.Void Add(System.String, System.String)")]
    [InlineData("Grpc.Core.Metadata", "field System.String Empty")]
    [InlineData("Grpc.Core.Metadata/Header", null)]
    [InlineData("Grpc.Core.AsyncUnaryCall`2", null)]
    public void UseIsMadeUp_ItIsReportedMissing(string type, string? member)
    {
        using var surface = new ContractSurface(Contracts.Select(FileOf));
        var madeUp = new SurfaceUse("Made.Up", new TypeUse("Grpc.Core.Api", type, []), member);

        surface.Missing([madeUp]).ShouldBe([madeUp]);
    }

    [Fact]
    public void OverriddenMemberIsNotVirtual_ItIsReportedMissing()
    {
        using var surface = new ContractSurface(Contracts.Select(FileOf));
        var context = new TypeUse("Grpc.Core.Api", "Grpc.Core.ServerCallContext", []);
        var called = new SurfaceUse("Made.Up", context, "instance System.String get_Method()");
        var overridden = called with { Overrides = true };

        surface.Missing([called, overridden]).ShouldBe([overridden]);
    }

    [Fact]
    public void MemberIsInherited_ItIsFoundWithTheTypeArgumentsOfItsUser()
    {
        using var surface = new ContractSurface(Contracts.Select(FileOf));
        var writer = new TypeUse("Grpc.Core.Api", "Grpc.Core.IClientStreamWriter`1", ["System.String"]);
        const string Write = "instance System.Threading.Tasks.Task WriteAsync";
        var known = new SurfaceUse("Made.Up", writer, $"{Write}(System.String)");
        var unknown = new SurfaceUse("Made.Up", writer, $"{Write}(System.Int32)");

        surface.Missing([known, unknown]).ShouldBe([unknown]);
    }

    // Loading a type also checks what its metadata doesn't name: no abstract member left over, constraints that fit.
    [Theory]
    [MemberData(nameof(OfficialUsers))]
    public void OfficialAssemblyIsLoaded_EveryTypeLoads(string user) =>
        AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(user)).GetTypes().ShouldNotBeEmpty();

    [Theory]
    [MemberData(nameof(ContractNames))]
    public void ContractAssembly_HasTheIdentityThatIsReferenced(string contract)
    {
        var name = AssemblyName.GetAssemblyName(FileOf(contract));

        name.Version.ShouldBe(new Version(2, 0, 0, 0));
        Convert.ToHexStringLower(name.GetPublicKeyToken()!).ShouldBe("d754f35622e28bad");
    }

    private static string FileOf(string assembly) => Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll");
}
