using Actions.Storage.Registration;
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
    [InlineData("Storage:MongoDb:Database", "a/b", "Storage:MongoDb:Database must be")]
    [InlineData("Storage:MongoDb:ServerSelectionTimeout", "00:01:00", "Storage:MongoDb:ServerSelectionTimeout must be")]
    [InlineData("Storage:MongoDb:OperationTimeout", "00:00:00", "Storage:MongoDb:OperationTimeout must be")]
    [InlineData("Storage:MongoDb:MaxPoolSize", "0", "Storage:MongoDb:MaxPoolSize must be")]
    [InlineData("Storage:MongoDb:MinPoolSize", "-1", "Storage:MongoDb:MinPoolSize must be")]
    public void BadSetting_StopsTheStartAndIsNamed(string key, string value, string message) =>
        Should.Throw<OptionsValidationException>(() => Start(key, value)).Message.ShouldContain(message);

    [Fact]
    public void SettingOfTheWrongType_StopsTheStartAndIsNamed() =>
        Should.Throw<InvalidOperationException>(() => Start("Storage:Sqlite:BusyTimeout", "soon"))
            .Message.ShouldContain("Storage:Sqlite:BusyTimeout");

    [Theory]
    [InlineData("")]
    [InlineData("localhost:27017")]
    [InlineData("mongodb://user:s3cret-word@")]
    [InlineData("mongodb://user:s3cret-word@host:port/")]
    [InlineData("mongodb://user:s3cret-word@host/?connectTimeoutMS=soon")]
    public void BadConnectionString_StopsTheStartAndIsNotTold(string connectionString)
    {
        var error = Should.Throw<OptionsValidationException>(() => Start(
            ("Storage:Provider", "mongodb"), ("Storage:MongoDb:ConnectionString", connectionString)));

        error.Failures.ShouldHaveSingleItem().ShouldStartWith("Storage:MongoDb:ConnectionString must be");
        error.ToString().ShouldNotContain("s3cret-word");
    }

    [Fact]
    public void MongoDb_IsTheStoreThatIsAskedFor()
    {
        using var services = Start(
            ("Storage:Provider", "mongodb"), ("Storage:MongoDb:ConnectionString", "mongodb+srv://user:word@cluster.example.com/"));

        services.GetRequiredService<IActionStore>().GetType().Name.ShouldBe("MongoActionStore");
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
    private static ServiceProvider Start(string key, string value) => Start((key, value));

    private static ServiceProvider Start(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value))
            .Build();
        var services = new ServiceCollection().AddActionStore(configuration).BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        return services;
    }
}
