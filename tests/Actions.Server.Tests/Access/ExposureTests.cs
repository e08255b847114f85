using System.Security.Cryptography;
using Actions.Server.Tests.Lifecycle;
using Actions.Server.Tests.Settings;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Access;

/// <summary>Beyond loopback, callers have to have credentials and the way has to be encrypted.</summary>
public sealed class ExposureTests
{
    private const string Everywhere = "http://0.0.0.0:0";

    // Beyond loopback this has to be, too.
    private static readonly (string Key, string Value) Encrypted =
        ("Secrets:KeyEncryptionKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Grpc", "http://0.0.0.0:0")]
    [InlineData("Grpc", "http://[::]:0")]
    [InlineData("Grpc", "http://*:0")]
    [InlineData("Grpc", "http://+:0")]
    [InlineData("Grpc", "http://actions.example.com:0")]
    [InlineData("Web", "http://0.0.0.0:0")]
    public async Task AddressBeyondLoopbackWithoutTls_EndsTheStart(string endpoint, string url)
    {
        var start = await FailedStart.OfAsync(($"Kestrel:Endpoints:{endpoint}:Url", url), ("Access:AdminKey", new('k', 32)), Encrypted);

        start.ExitCode.ShouldBe(1);
        start.Errors.Trim().ShouldBe(
            $"The server can't start: Kestrel:Endpoints:{endpoint}:Url is an address beyond loopback without TLS. Make it https "
            + "(Kestrel:Endpoints:...:Certificate), or set Access:TlsEndedByProxy to true if a proxy in front ends TLS.");
    }

    [Fact]
    public async Task AddressBeyondLoopbackWithoutAnyKey_EndsTheStart()
    {
        var start = await FailedStart.OfAsync(("Kestrel:Endpoints:Grpc:Url", Everywhere), ("Access:TlsEndedByProxy", "true"), Encrypted);

        start.ExitCode.ShouldBe(1);
        start.Errors.ShouldContain("Kestrel:Endpoints:Grpc:Url is an address beyond loopback, and there is no key: every client would be admin.");
        start.Errors.ShouldContain("Access:AdminKey");
        start.Errors.ShouldContain("key create");
    }

    [Theory]
    [InlineData("Access:AdminKey", "short", "Access:AdminKey must have at least 32 characters")]
    [InlineData("Access:AdminWorkspace", "Not This", "Access:AdminWorkspace must be 1 to 64 of a-z")]
    [InlineData("Access:ClientCertificateAuthorities", "/nowhere.pem", "Access:ClientCertificateAuthorities must name a PEM file")]
    [InlineData("Access:Certificates:0:Subject", "", "Access:Certificates:0:Subject or San must be set")]
    [InlineData("Access:Certificates:0:San", "ip:1.2.3.4", "Access:Certificates:0:San must begin with dns:, uri: or email:.")]
    [InlineData("Access:Certificates:0:Role", "root", "Access:Certificates:0:Role must be engine, editor or admin.")]
    [InlineData("Limits:CallsPerSecond", "0", "Limits:CallsPerSecond")]
    public async Task SettingThatCanNotBe_IsNamed(string key, string value, string told)
    {
        var start = await FailedStart.OfAsync((key, value));

        start.ExitCode.ShouldBe(1);
        start.Errors.ShouldContain(told);
    }

    [Fact]
    public async Task AddressBeyondLoopbackWithAKey_AsksEachCallForOne()
    {
        // Bound to every address, and so reachable on loopback: also there nobody is let in without a key.
        await using var server = await ServerProcess.StartAsync(
            new()
            {
                ["Kestrel:Endpoints:Grpc:Url"] = Everywhere,
                ["Access:TlsEndedByProxy"] = "true",
                ["Access:AdminKey"] = new('k', 32),
                [Encrypted.Key] = Encrypted.Value,
            },
            Token);
        var configs = new V1.ActionConfigService.ActionConfigServiceClient(server.Channel);

        (await Refusal.OfAsync(configs.ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, "ERROR_REASON_CREDENTIALS_MISSING");
        var headers = new Metadata { { "authorization", $"Bearer {new string('k', 32)}" } };
        (await configs.ListActionConfigsAsync(new(), headers, cancellationToken: Token)).ActionConfigs.ShouldBeEmpty();
    }

    [Fact]
    public async Task KeyOfTheCommandLine_LetsItsOwnerIn()
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        try
        {
            var database = Path.Combine(folder.FullName, "actions.db");
            await using var server = await ServerProcess.StartAsync(new() { ["Storage:Sqlite:Path"] = database }, Token);
            var configs = new V1.ActionConfigService.ActionConfigServiceClient(server.Channel);

            var made = await KeyAsync("create", "--workspace", "acme", "--role", "editor", "--name", "the voice team");

            made.ExitCode.ShouldBe(0, made.Errors);
            var key = made.Output.Trim();
            var id = key.Split('_')[1];
            made.Errors.ShouldBe($"Key {id} of workspace 'acme', role editor. It is shown only now:\n");
            var headers = new Metadata { { "authorization", $"Bearer {key}" } };
            (await configs.CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, headers, cancellationToken: Token))
                .ActionConfig.Id.ShouldNotBeEmpty();
            var listed = await KeyAsync("list", "--workspace", "acme");
            listed.Output.ShouldStartWith($"{id}  editor  ");
            listed.Output.ShouldEndWith("  valid  the voice team\n");
            (await KeyAsync("list", "--workspace", "other")).Output.ShouldBeEmpty();
            (await KeyAsync("revoke", "--workspace", "other", "--id", id)).ExitCode.ShouldBe(1);
            (await KeyAsync("revoke", "--workspace", "acme", "--id", id)).Output.ShouldBe($"{id} is revoked.\n");
            (await KeyAsync("list", "--workspace", "acme")).Output.ShouldContain("  revoked ");

            Task<CommandRun> KeyAsync(params string[] args) =>
                CommandRun.OfAsync(["key", .. args], ("Storage:Sqlite:Path", database));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Option '--workspace' is required.", "create", "--role", "admin")]
    [InlineData("Option '--role' is required.", "create", "--workspace", "a")]
    [InlineData("Argument 'root' not recognized. Must be one of: 'engine' 'editor' 'admin'", "create", "--workspace", "a", "--role", "root")]
    [InlineData("--workspace must be 1 to 64 of", "create", "--workspace", "A b", "--role", "admin")]
    [InlineData("--days must be 1 to 36500.", "create", "--workspace", "a", "--role", "admin", "--days", "soon")]
    [InlineData("Unrecognized command or argument '--colour'.", "create", "--workspace", "a", "--role", "admin", "--colour", "red")]
    [InlineData("Required argument missing for option: '--workspace'.", "list", "--workspace")]
    [InlineData("Required command was not provided.", "destroy", "--workspace", "a")]
    public async Task CommandThatIsNone_SaysWhyAndHow(string why, params string[] args)
    {
        var run = await CommandRun.OfAsync(["key", .. args]);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Errors.Trim().ShouldNotContain("\n");
        run.Errors.ShouldStartWith(why);
        run.Errors.ShouldMatch("See key .*--help\\.");
    }
}
