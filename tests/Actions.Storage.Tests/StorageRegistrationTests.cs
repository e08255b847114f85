using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Storage.Tests;

public sealed class StorageRegistrationTests
{
    [Theory]
    [InlineData("Storage:Provider", "oracle", "Storage:Provider must be 'sqlite' or 'mongodb'.")]
    [InlineData("Storage:Provider", "", "Storage:Provider must be")]
    [InlineData("Storage:Sqlite:Path", "", "Storage:Sqlite:Path must name a file.")]
    [InlineData("Storage:Sqlite:BusyTimeout", "00:00:00", "Storage:Sqlite:BusyTimeout must be")]
    [InlineData("Storage:Sqlite:BusyTimeout", "00:02:00", "Storage:Sqlite:BusyTimeout must be")]
    public void BadSetting_StopsTheStartAndIsNamed(string key, string value, string message) =>
        Should.Throw<OptionsValidationException>(() => Start(key, value)).Message.ShouldContain(message);

    [Fact]
    public void SettingOfTheWrongType_StopsTheStartAndIsNamed() =>
        Should.Throw<InvalidOperationException>(() => Start("Storage:Sqlite:BusyTimeout", "soon"))
            .Message.ShouldContain("Storage:Sqlite:BusyTimeout");

    [Fact]
    public void MongoDb_StopsTheStartWithTheReasonAndTheRemedy()
    {
        var error = Should.Throw<OptionsValidationException>(() => Start("Storage:Provider", "mongodb"));

        error.Failures.ShouldHaveSingleItem().ShouldStartWith("Storage:Provider is 'mongodb', but ");
        error.Message.ShouldContain("Set Storage:Provider to 'sqlite'");
    }

    [Fact]
    public void NoSettings_MeanAFileUnderData()
    {
        using var services = Start("Unrelated", "setting");

        var options = services.GetRequiredService<IOptions<StorageOptions>>().Value;

        options.Provider.ShouldBe("sqlite");
        options.Sqlite.Path.ShouldBe("data/actions.db");
        services.GetRequiredService<IActionStore>().ShouldBeSameAs(services.GetRequiredService<IActionStore>());
    }

    /// <summary>As a host starts: what was registered to be validated at start is validated.</summary>
    private static ServiceProvider Start(string key, string value)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [key] = value })
            .Build();
        var services = new ServiceCollection().AddActionStore(configuration).BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        return services;
    }
}
