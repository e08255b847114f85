using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Templates;

/// <summary>Members and elements of a variable.</summary>
public sealed class MemberTests : IDisposable
{
    private const string Json = """
        {"customer": {
           "name": "Ann", "age": 42, "vip": true, "none": null, "address": {"city": "Köln", "lines": ["a", "b"]}},
         "items": [{"title": "Tea", "tags": ["x", "y"]}, {"title": "Cup"}],
         "a.b": "dotted", "a": {"b": "member", "c": {"d": 1}},
         "a.b.c": {"d": "longest"}, "grid": [[1, 2], [3, 4]], "text": "x", "n": {"0": "zero"}}
        """;

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("{customer.name}", "Ann")]
    [InlineData("{{customer.name}}", "Ann")]
    [InlineData("{{ customer.name }}", "Ann")]
    [InlineData("<customer.name>", "Ann")]
    [InlineData("{customer.age},{customer.vip}", "42,true")]
    [InlineData("{customer.address.city}", "Köln")]
    [InlineData("{customer.none}|", "|")]
    [InlineData("{items[0].title},{items[1].title}", "Tea,Cup")]
    [InlineData("{items.0.title}", "Tea")]
    [InlineData("<items[0].title>", "Tea")]
    [InlineData("{{ items[-1].title }}", "Cup")]
    [InlineData("{items[0].tags[1]}", "y")]
    [InlineData("{grid[1][0]}", "3")]
    [InlineData("{customer.address.lines[0]}", "a")]
    [InlineData("{n.0}", "zero")]
    // A variable's own name with dots goes first, the longest of all.
    [InlineData("{a.b}", "dotted")]
    [InlineData("{a.b.c.d}", "longest")]
    [InlineData("{a.c.d}", "1")]
    public async Task Member_InEveryPlace(string template, string sent)
    {
        string[] encoded = ["json", "application/json", "application/x-www-form-urlencoded"];
        foreach (var place in TemplatePlace.All.Where(place => !encoded.Contains(place.Name)))
            (await place.RenderAsync(_engine, place.With(template), Values())).ShouldBe(sent, place.Name);
    }

    [Theory]
    [InlineData("{customer.age}", "42")]
    [InlineData("{customer.vip}", "true")]
    [InlineData("{customer.none}", "null")]
    [InlineData("{customer.name}", "\"Ann\"")]
    [InlineData("{items[0].tags}", "[\"x\",\"y\"]")]
    [InlineData("{grid[0]}", "[1,2]")]
    [InlineData("{customer.address}", """{"city":"Köln","lines":["a","b"]}""")]
    public async Task MemberThatIsAWholeString_KeepsItsType(string template, string json)
    {
        var place = TemplatePlace.Of("json") with { Sent = (_, sent) => sent.Body };
        var config = place.With($"{{\"v\": \"{template}\"}}");
        (await place.RenderAsync(_engine, config, Values())).ShouldBe($"{{\"v\":{json}}}");
    }

    [Theory]
    [InlineData("{customer.surname}", "customer", "'surname'")]
    [InlineData("{customer.name.first}", "customer", "'name.first'")]
    [InlineData("{items[2].title}", "items", "'[2].title'")]
    [InlineData("{items[-3]}", "items", "'[-3]'")]
    [InlineData("{items.title}", "items", "'title'")]
    [InlineData("{text.length}", "text", "'length'")]
    [InlineData("{text[0]}", "text", "'[0]'")]
    [InlineData("{customer[0]}", "customer", "'[0]'")]
    [InlineData("{items[99999999999]}", "items", "'[99999999999]'")]
    [InlineData("{nobody.name}", "nobody.name", "no value")]
    [InlineData("{nobody[0]}", "nobody", "no value")]
    public async Task MissingMember_NamesTheVariableAndTheMember(string template, string variable, string because)
    {
        foreach (var place in TemplatePlace.All)
        {
            var config = place.With(place.Source(template));
            var refusal = await Should.ThrowAsync<InvalidFieldsException>(place.RenderAsync(_engine, config, Values()));
            var violation = refusal.Violations.ShouldHaveSingleItem();
            violation.Field.ShouldBe($"variables.{variable}");
            violation.Description.ShouldContain(because);
            violation.IsMissingVariable.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task SensitiveVariable_ItsMembersAreMasked()
    {
        var place = TemplatePlace.Of("header");
        var config = place.With("{customer.age} {customer.name}");
        config.Variables.Add(new Variable { Name = "customer", Type = VariableType.Json, Sensitive = true });
        (await place.RenderAsync(_engine, config, Values())).ShouldBe("MASKED MASKED");
    }

    [Fact]
    public async Task MembersOfAResult_InTheMessageOfARule()
    {
        await using var upstream = RawUpstream.Answering(
            RawUpstream.Response("""{"order": {"state": "sold <out>", "days": [3, 5]}}"""));
        var config = Configs.Get(upstream.Url).Selecting("order", "$.order");
        const string message = "<s>{order.state}</s>, {order.days[-1]} {order.none}{customer.name}";
        config.ResponsePolicy = new() { Rules = { new OutcomeRule { Outcome = Outcome.Success, Message = message } } };
        (await _engine.ResultAsync(config, Values())).Message.ShouldBe("<s>sold &lt;out&gt;</s>, 5 Ann");
    }

    [Fact]
    public void NameOfHundredThousandDots_CostsNothing()
    {
        var place = TemplatePlace.Of("text/plain");
        var plan = _engine.Compile(place.With("{a" + string.Concat(Enumerable.Repeat(".a", 200_000)) + "}"));
        Should.Throw<InvalidFieldsException>(() => plan.Parts.Variables.Bind(Values())).Violations.Length.ShouldBe(1);
    }

    private static Dictionary<string, Value> Values() => Struct.Parser.ParseJson(Json).Fields.ToDictionary();
}
