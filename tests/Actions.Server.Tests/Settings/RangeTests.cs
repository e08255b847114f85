using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Server.Configuration;
using Actions.Server.History;
using Actions.Server.Lifecycle;
using Actions.Server.Strangers;
using Actions.Storage;
using Actions.Storage.Registration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Server.Tests.Settings;

public sealed class RangeTests
{
    private static readonly (string Section, Type Options)[] Sections =
    [
        (ServerOptions.Section, typeof(ServerOptions)),
        (StrangerOptions.Section, typeof(StrangerOptions)),
        (EngineOptions.Section, typeof(EngineOptions)),
        (OutboundOptions.Section, typeof(OutboundOptions)),
        (HistoryOptions.Section, typeof(HistoryOptions)),
        (DrainOptions.Section, typeof(DrainOptions)),
        (ReadinessOptions.Section, typeof(ReadinessOptions)),
        ("Storage:Sqlite", typeof(SqliteOptions)),
    ];

    public static TheoryData<string> Keys => new(
        from section in Sections
        from property in section.Options.GetProperties()
        where property.GetCustomAttribute<RangeAttribute>() is not null
        select $"{section.Section}:{property.Name}");

    [Theory]
    [MemberData(nameof(Keys))]
    public void ValueBelowItsRange_IsRefusedAtTheStartWithItsKey(string key)
    {
        // As a number, and as a time of minus one day.
        using var services = With(key, "-1");

        var failure = Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        failure.Failures.ShouldHaveSingleItem().ShouldContain(key);
    }

    [Fact]
    public void Defaults_AreWithinTheirRanges()
    {
        using var services = With("Nothing", "");

        services.GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public void EachSetting_HasARangeOrIsATextOrASwitch() =>
        Sections.SelectMany(section => section.Options.GetProperties())
            .Where(property => property.PropertyType != typeof(string) && property.PropertyType != typeof(bool) && property.GetCustomAttribute<RangeAttribute>() is null)
            .ShouldBeEmpty();

    private static ServiceProvider With(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();
        return new ServiceCollection()
            .AddServerOptions(configuration)
            .AddStrangers(configuration)
            .AddEngine(configuration)
            .AddLifecycle(configuration)
            .AddHistory(configuration)
            .AddActionStore(configuration)
            .BuildServiceProvider();
    }
}
