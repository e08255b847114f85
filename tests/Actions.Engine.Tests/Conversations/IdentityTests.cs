using Actions.Engine.Conversations;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Variables;
using Actions.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Conversations;

/// <summary>Which executions of a call are the same.</summary>
public sealed class IdentityTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();
    private readonly ActionPlan _plan;

    public IdentityTests() => _plan = _engine.Compile(Booking());

    public void Dispose() => _engine.Dispose();

    private static Gen<Value> Values { get; } = Gen.OneOf(
        Gen.Choose(-20, 20).Select(number => Value.ForNumber(number)),
        Gen.Elements("", "a", "\"", "é", "5", "a,b").Select(Value.ForString),
        Gen.Elements(Value.ForBool(true), Value.ForNull(), Value.ForList(), Value.ForStruct(new Struct())),
        Gen.Choose(0, 3).Select(number => Value.ForList(Value.ForNumber(number), Value.ForString("x"))),
        Gen.Choose(0, 3).Select(number => Value.ForStruct(new Struct
        {
            Fields = { ["b"] = Value.ForNumber(number), ["a"] = Value.ForString("x") },
        })));

    [Fact]
    public void OtherOrder_Same() => Check.One(
        Seeded.Runs(500),
        Prop.ForAll(Gen.Elements("a", "b", "B", "ä", "z").Zip(Values).ArrayOf().ToArbitrary(), pairs =>
        {
            var brought = pairs.DistinctBy(pair => pair.Item1).ToArray();

            var reordered = brought.Reverse().Select(pair => (pair.Item1, Reordered(pair.Item2)));
            return Identity(brought) == Identity([.. reordered]);
        }));

    [Fact]
    public void OtherValue_Differs() => Check.One(
        Seeded.Runs(1_000),
        Prop.ForAll(Values.ToArbitrary(), Values.ToArbitrary(), (one, other) =>
            (Identity(("extra", one)) == Identity(("extra", other))) == one.Equals(other)));

    [Fact]
    public void NumberOfADeclaredVariable_SameInEveryNotation()
    {
        var identity = Identity(("seats", Value.ForNumber(5)), ("price", Value.ForNumber(2.5)));

        foreach (var (seats, price) in new[] { ("5", "2.5"), (" 05 ", "2.50"), ("5.0", "25e-1"), ("+5", "0.25E1") })
            Identity(("seats", Value.ForString(seats)), ("price", Value.ForString(price))).ShouldBe(identity, seats);
        Identity(("seats", Value.ForNumber(5)), ("price", Value.ForNumber(2.51))).ShouldNotBe(identity);
    }

    [Fact]
    public void NumberBeyondADouble_ItsDigitsCount()
    {
        var identities = new[] { "9007199254740993", "9007199254740992", "9007199254740994", "-9007199254740993" }
            .Select(digits => Identity(("seats", Value.ForString(digits))));

        identities.Distinct().Count().ShouldBe(4);
        Identity(("seats", Value.ForString("0009007199254740993.0")))
            .ShouldBe(Identity(("seats", Value.ForString("9007199254740993"))));
        Identity(("seats", Value.ForNumber(9007199254740992)))
            .ShouldBe(Identity(("seats", Value.ForString("9007199254740992"))));
    }

    [Fact]
    public void UndeclaredTextOfANumber_DiffersFromTheNumber() =>
        Identity(("extra", Value.ForString("5"))).ShouldNotBe(Identity(("extra", Value.ForNumber(5))));

    [Fact]
    public void DefaultWrittenOut_SameAsNoValue()
    {
        var identity = Identity();

        Identity(("seats", Value.ForNumber(1))).ShouldBe(identity);
        Identity(("note", Value.ForString(""))).ShouldNotBe(identity);
        Identity(("seats", Value.ForNull()), ("price", Value.ForString(" "))).ShouldBe(identity);
    }

    [Fact]
    public void RememberedValue_SameAsOneOfTheRequest()
    {
        var remembered = Input() with
        {
            Remembered = new Dictionary<string, RememberedValue>
            {
                ["seats"] = new(Value.ForString("3"), "Find", false),
            },
        };

        ActionEngine.Identify(_plan, remembered, "call").ShouldBe(Identity(("seats", Value.ForNumber(3))));
        ActionEngine.Identify(
            _plan, remembered with { Variables = Input(("seats", Value.ForNumber(4))).Variables }, "call")
            .ShouldBe(Identity(("seats", Value.ForNumber(4))));
    }

    [Fact]
    public void WhoAndWhat_CountAsWell()
    {
        var input = Input(("extra", Value.ForString("x")));
        var otherRevision = Booking();
        otherRevision.Etag = "2";
        var otherAction = Booking();
        otherAction.Id = "other";

        string[] identities =
        [
            ActionEngine.Identify(_plan, input, "call"),
            ActionEngine.Identify(_plan, input, "another call"),
            ActionEngine.Identify(_plan, input with { Workspace = "another" }, "call"),
            ActionEngine.Identify(_plan, input with { IdempotencyKey = "mine" }, "call"),
            ActionEngine.Identify(_engine.Compile(otherRevision), input, "call"),
            ActionEngine.Identify(_engine.Compile(otherAction), input, "call"),
        ];

        identities.ShouldBeUnique();
        identities.ShouldAllBe(identity => identity.Length == 43);
        // Nothing that says how it is answered.
        input = input with { BodyView = BodyView.Full, Traceparent = "x" };
        ActionEngine.Identify(_plan, input, "call").ShouldBe(identities[0]);
    }

    [Fact]
    public void InvalidVariable_RefusedAsByAnExecution()
    {
        var input = Input(("seats", Value.ForString("many")));

        var refused = Should.Throw<InvalidFieldsException>(() => ActionEngine.Identify(_plan, input, "call"));

        var executed = Should.Throw<InvalidFieldsException>(
            () => _engine.Engine.ExecuteAsync(_plan, input, _engine.Token));
        refused.Violations.ShouldBe(executed.Violations);
    }

    [Fact]
    public void DerivedKey_IsAUuidOfTheIdentity()
    {
        var (one, other) = (Identity(("extra", Value.ForNumber(1))), Identity(("extra", Value.ForNumber(2))));

        var key = ExecutionIdentity.IdempotencyKeyOf(one);

        Guid.Parse(key).Version.ShouldBe(8);
        key[19].ShouldBeOneOf('8', '9', 'a', 'b');
        ExecutionIdentity.IdempotencyKeyOf(one).ShouldBe(key);
        ExecutionIdentity.IdempotencyKeyOf(other).ShouldNotBe(key);
    }

    private static ActionConfig Booking()
    {
        var config = Configs.With(HttpMethod.Post, "https://api.example.com/bookings?seats={seats}");
        (config.Id, config.Etag) = ("book", "1");
        config.Variables.Add(
            new Variable { Name = "seats", Type = VariableType.Integer, DefaultValue = Value.ForNumber(1) });
        config.Variables.Add(new Variable { Name = "price", Type = VariableType.Number, Optional = true });
        return config;
    }

    private static Value Reordered(Value value)
    {
        if (value.KindCase != Value.KindOneofCase.StructValue)
            return value;
        var reordered = new Struct();
        foreach (var (name, member) in value.StructValue.Fields.Reverse())
            reordered.Fields.Add(name, member);
        return Value.ForStruct(reordered);
    }

    private string Identity(params (string Name, Value Value)[] variables) =>
        ActionEngine.Identify(_plan, Input(variables), "call");

    private static ExecutionInput Input(params (string Name, Value Value)[] variables) =>
        new("tests", variables.ToDictionary(pair => pair.Name, pair => pair.Value));
}
