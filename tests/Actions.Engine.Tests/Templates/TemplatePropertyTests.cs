using Actions.Engine.Templates;
using Actions.Engine.Tests.Variables;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests.Templates;

/// <summary>For texts of nothing but what templates are made of.</summary>
public sealed class TemplatePropertyTests
{
    private const int NoLimit = int.MaxValue;

    private const int Runs = 1_000;

    private static Arbitrary<string> Texts { get; } = Arb.From(
        Gen.Elements('{', '}', '<', '>', '\\', 'a', '.', '1', '_', ' ').ArrayOf().Select(characters => new string(characters)),
        text => Enumerable.Range(0, text.Length).Select(i => text.Remove(i, 1)));

    private static Arbitrary<string> Signs { get; } = Arb.From(
        Gen.Elements(
            "{", "}", "<", ">", "\\", "a", "-", "$", "%", "#", "|", " ", "/", "\"", "=", "[0]", "0", "{{", "}}", "</a>",
            "<a>", "<!--", "-->", "br", "\n", ".")
            .ArrayOf().Select(string.Concat),
        text => Enumerable.Range(0, text.Length).Select(i => text.Remove(i, 1)));

    [Fact]
    public void AnyText_EscapedIsItself() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Texts, text => Template.Parse(Escape(text)).Render(Bound.Texts(), NoLimit) == text));

    [Fact]
    public void AnyTextWithoutBrackets_IsItself() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Texts,
        text =>
        {
            var plain = text.Replace("{", "", StringComparison.Ordinal).Replace("<", "", StringComparison.Ordinal);
            return Template.Parse(plain).Render(Bound.Texts(), NoLimit) == plain;
        }));

    [Fact]
    public void AnyText_RenderedWithItsOwnPlaceholdersLosesOnlyBackslashesAndSpaces() => Check.One(
        Seeded.Runs(Runs),
        Prop.ForAll(
            Texts,
            text =>
            {
                var template = Template.Parse(text);
                var names = template.Names.Distinct().Select(name => (name, $"{{{name}}}")).ToArray();
                var rendered = template.Render(Bound.Texts(names), NoLimit);
                return Bare(rendered) == Bare(text);
            }));

    [Fact]
    public void AnyTextAroundAPlaceholder_LeavesItAPlaceholder() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Texts,
        text => Template.Parse($"{Escape(text)} {{{{name}}}} {Escape(text)}")
            .Render(Bound.Texts(("name", "{x}")), NoLimit) == $"{text} {{x}} {text}"));

    [Fact]
    public void AnyTextEscapedByTheCompiler_AcceptedInEveryPlaceAndItself() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Signs,
        text => Enum.GetValues<TemplateKind>().Where(kind => kind != TemplateKind.Url).All(kind =>
        {
            var source = TemplateSource.Read(Template.Escape(text), kind, static _ => false);
            return !Lookalikes.Find(source).Any() && source.UnsafePlaces.Count == 0
                && source.Template.Render(Bound.Texts(), NoLimit) == text;
        })));

    [Fact]
    public void AnyText_ItsRemediesLeadToATextThatIsAccepted() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Signs,
        text => Enum.GetValues<TemplateKind>().Except([TemplateKind.Url, TemplateKind.JsonString]).All(kind =>
        {
            for (var i = 0; i < 100; i++)
            {
                var source = TemplateSource.Read(text, kind, static _ => false);
                if (Lookalikes.Find(source).Cast<Lookalike?>().FirstOrDefault() is not { } found)
                    return true;
                found.Start.ShouldBeInRange(0, text.Length - 1);
                found.End.ShouldBeInRange(found.Start + 1, text.Length);
                Remedies.Describe(source, found).ShouldEndWith(".");
                var kept = Template.Escape(text[found.Start..found.End]);
                text = string.Concat(text.AsSpan(0, found.Start), kept, text.AsSpan(found.End));
            }

            return false;
        })));

    /// <summary>A backslash before each opening bracket, and another for each that stands there already.</summary>
    private static string Escape(string text)
    {
        var escaped = "";
        var backslashes = 0;
        foreach (var c in text)
        {
            if (c is '{' or '<')
                escaped += new string('\\', backslashes + 1);
            escaped += c;
            backslashes = c == '\\' ? backslashes + 1 : 0;
        }

        return escaped;
    }

    private static string Bare(string text) =>
        string.Concat(text.Where(c => c is not ('{' or '}' or '<' or '>' or '\\' or ' ')));
}
