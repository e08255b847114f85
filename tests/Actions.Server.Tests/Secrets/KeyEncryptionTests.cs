using Actions.Server.Tests.Settings;
using Actions.V1;

namespace Actions.Server.Tests.Secrets;

/// <summary>The key ring under a key-encryption key.</summary>
public sealed class KeyEncryptionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("key")]
    [InlineData("base64 file")]
    [InlineData("raw file")]
    [InlineData("PKCS #12")]
    [InlineData("PEM")]
    public async Task KeyEncryptionKey_EncryptsTheRingAndReadsItAgain(string way)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var settings = TestKeys.Settings(way, _folder.FullName);
        ActionConfig action;
        await using (var server = await StartAsync(settings))
        {
            action = await server.CreateAsync(Secured(upstream.Url));
            server.Log.ShouldNotContain(line => line.Contains("[121]"));
        }

        var (name, content, keyId) = DatabaseFile.KeyRing(Database).ShouldHaveSingleItem();
        content.ShouldNotContain("<");
        (keyId.Length, name[..4]).ShouldBe((16, "key-"));

        // As the current key, and as one that is only read with.
        foreach (var again in new[] { settings, With(TestKeys.AsPrevious(settings), TestKeys.Settings("key", _folder.FullName)) })
        {
            await using var restarted = await StartAsync(again);
            await restarted.ExecuteAsync(new() { Id = action.Id });
            (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
        }
    }

    [Fact]
    public async Task RingUnderAKeyThatIsNotSet_KeepsTheServerFromStarting()
    {
        await using (await StartAsync(TestKeys.Settings("key", _folder.FullName)))
        {
        }

        foreach (var settings in new[] { [], TestKeys.Settings("key", _folder.FullName), TestKeys.Settings("PEM", _folder.FullName) })
            (await FailureAsync(settings)).ShouldContain("Secrets:KeyEncryptionKey");
        DatabaseFile.KeyRing(Database).Count.ShouldBe(1);
    }

    [Fact]
    public async Task RingInTheClear_IsNotReadOnceThereIsAKey()
    {
        await using (await StartAsync([]))
        {
        }

        (await FailureAsync(TestKeys.Settings("key", _folder.FullName))).ShouldContain("secrets rewrap");
    }

    [Theory]
    [InlineData("content = CASE WHEN content LIKE 'A%' THEN 'B' ELSE 'A' END || substr(content, 2)")]
    [InlineData("content = ''")]
    [InlineData("content = 'no base64'")]
    [InlineData("name = 'key-00000000-0000-0000-0000-000000000000'")]
    public async Task ElementThatIsNotAsItWasWritten_KeepsTheServerFromStarting(string change)
    {
        var settings = TestKeys.Settings("key", _folder.FullName);
        await using (await StartAsync(settings))
        {
        }

        DatabaseFile.Run(Database, $"UPDATE key_ring SET {change}").ShouldBe(1);

        (await FailureAsync(settings)).ShouldContain("is damaged");
    }

    [Theory]
    [InlineData("Secrets:KeyEncryptionKey", "c2hvcnQ=")] // 5 bytes
    [InlineData("Secrets:KeyEncryptionKey", "no base64")]
    [InlineData("Secrets:KeyEncryptionKeyFile", "nowhere.key")]
    [InlineData("Secrets:CertificatePath", "nowhere.pfx")]
    [InlineData("Secrets:PreviousKeyEncryptionKeys:0", "c2hvcnQ=")]
    [InlineData("Secrets:PreviousKeyEncryptionKeyFiles:0", "nowhere.key")]
    [InlineData("Secrets:PreviousCertificates:0:Path", "nowhere.pfx")]
    public async Task WrongKey_StopsTheServerAndIsNotQuoted(string key, string value)
    {
        var start = await FailedStart.OfAsync((key, value));

        start.ExitCode.ShouldBe(1, start.Errors);
        start.Errors.ShouldStartWith("The server can't start: A setting is wrong. ");
        start.Errors.ShouldContain(key.Replace(":Path", "", StringComparison.Ordinal));
        if (!value.StartsWith("nowhere", StringComparison.Ordinal))
            start.Errors.ShouldNotContain(value);
    }

    [Fact]
    public async Task TwoKeys_StopTheServer()
    {
        var (key, file) = (TestKeys.Settings("key", _folder.FullName), TestKeys.Settings("raw file", _folder.FullName));

        var start = await FailedStart.OfAsync([.. With(key, file).Select(setting => (setting.Key, setting.Value))]);

        start.Errors.ShouldContain("Only one of Secrets:KeyEncryptionKey, Secrets:KeyEncryptionKeyFile or Secrets:CertificatePath may be set.");
        start.Errors.ShouldNotContain(key.Values.Single());
    }

    [Fact]
    public async Task CertificateThatIsTooWeakOrLocked_StopsTheServer()
    {
        var path = Path.Combine(_folder.FullName, "weak.pfx");
        using (var weak = TestKeys.Certificate(bits: 1_024))
            await File.WriteAllBytesAsync(path, weak.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12), Token);
        (await FailedStart.OfAsync(("Secrets:CertificatePath", path))).Errors.ShouldContain("Secrets:CertificatePath can't be used: its key has 1024 bits");

        var settings = TestKeys.Settings("PKCS #12", _folder.FullName);
        (await FailedStart.OfAsync(("Secrets:CertificatePath", settings["Secrets:CertificatePath"]), ("Secrets:CertificatePassword", "wr0ng")))
            .Errors.ShouldContain("Secrets:CertificatePath can't be used: ");
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "http://0.0.0.0:0")]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "http://[::]:0")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://*:0")]
    [InlineData("Kestrel:Endpoints:Other:Url", "http://actions.example:0")]
    public async Task ListenerBeyondLoopback_NeedsAKeyEncryptionKey(string key, string url)
    {
        var start = await FailedStart.OfAsync((key, url));

        start.ExitCode.ShouldBe(1, start.Errors);
        start.Errors.ShouldContain($"{key} is {url}");
        start.Errors.ShouldContain("Secrets:KeyEncryptionKey");
    }

    private static ActionConfig Secured(string url)
    {
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        return action;
    }

    private static Dictionary<string, string> With(Dictionary<string, string> settings, Dictionary<string, string> others) =>
        new(settings.Concat(others));

    private Task<RunningServer> StartAsync(Dictionary<string, string> settings) =>
        RunningServer.StartAsync(new(settings) { ["Storage:Sqlite:Path"] = Database });

    /// <summary>What the server says that can't start.</summary>
    private async Task<string> FailureAsync(Dictionary<string, string> settings)
    {
        var start = await FailedStart.OfAsync([.. settings.Select(setting => (setting.Key, setting.Value)), ("Storage:Sqlite:Path", Database)]);
        start.ExitCode.ShouldBe(1, start.Errors);
        start.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldStartWith("The server can't start: ");
        return start.Errors;
    }
}
