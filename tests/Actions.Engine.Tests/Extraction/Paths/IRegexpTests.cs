using Actions.Engine.Extraction.Paths;

namespace Actions.Engine.Tests.Extraction.Paths;

/// <summary>Regular expressions for interoperability, RFC 9485, as <c>match</c> (whole) and <c>search</c> ask
/// them.</summary>
public sealed class IRegexpTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("ab", "ab", true)]
    [InlineData("ab", "abc", false)]
    [InlineData("a|bc", "bc", true)]
    [InlineData("a|bc", "ac", false)]
    [InlineData("a|", "", true)]
    [InlineData("(a|b)c", "bc", true)]
    [InlineData("()", "", true)]
    [InlineData("()*", "", true)]
    [InlineData("(a*)*", "aaa", true)]
    // Quantifiers, section 4.
    [InlineData("a*", "", true)]
    [InlineData("a*", "aaa", true)]
    [InlineData("a+", "", false)]
    [InlineData("a+", "aaa", true)]
    [InlineData("a?", "", true)]
    [InlineData("a?", "aa", false)]
    [InlineData("a{2}", "a", false)]
    [InlineData("a{2}", "aa", true)]
    [InlineData("a{2}", "aaa", false)]
    [InlineData("a{2,}", "a", false)]
    [InlineData("a{2,}", "aaaaa", true)]
    [InlineData("a{1,2}", "", false)]
    [InlineData("a{1,2}", "a", true)]
    [InlineData("a{1,2}", "aa", true)]
    [InlineData("a{1,2}", "aaa", false)]
    [InlineData("a{0}", "", true)]
    [InlineData("a{0}", "a", false)]
    [InlineData("a{0,0}b", "b", true)]
    [InlineData("(ab){2}", "abab", true)]
    [InlineData("(a|b){3}", "aba", true)]
    // The dot, and what stands for itself.
    [InlineData(".", "a", true)]
    [InlineData(".", "\n", false)]
    [InlineData(".", "\r", false)]
    [InlineData(".", "\u2028", true)]
    [InlineData("-,:/<", "-,:/<", true)]
    [InlineData(@"\(\)\*\+\.\?\[\\\]\^\{\|\}\-", @"()*+.?[\]^{|}-", true)]
    [InlineData(@"\n\r\t", "\n\r\t", true)]
    // Classes.
    [InlineData("[abc]", "b", true)]
    [InlineData("[abc]", "d", false)]
    [InlineData("[^abc]", "d", true)]
    [InlineData("[^abc]", "b", false)]
    [InlineData("[a-c]", "b", true)]
    [InlineData("[a-cx-z]+", "abxyz", true)]
    [InlineData("[-a]", "-", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[a-c-]", "-", true)]
    [InlineData("[^-a]", "-", false)]
    [InlineData("[^-a]", "b", true)]
    [InlineData("[-]", "-", true)]
    [InlineData("[--]", "-", true)]
    [InlineData("[.$(){}*+?|]+", ".$(){}*+?|", true)]
    [InlineData(@"[\[\]\^\-]+", "[]^-", true)]
    [InlineData(@"[\t-\r]", "\n", true)]
    [InlineData(@"[\p{Lu}0-9]+", "A1", true)]
    [InlineData(@"[^\p{Lu}]", "A", false)]
    [InlineData(@"[\P{Lu}A]", "A", true)]
    // Categories.
    [InlineData(@"\p{L}+", "aÄß漢", true)]
    [InlineData(@"\p{L}", "1", false)]
    [InlineData(@"\P{L}", "1", true)]
    [InlineData(@"\p{Lu}\p{Ll}\p{Lt}", "Aaǅ", true)]
    [InlineData(@"\p{Nd}+", "1٣", true)]
    [InlineData(@"\p{Sc}", "€", true)]
    [InlineData(@"\p{Zs}", " ", true)]
    [InlineData(@"\p{C}", "\u0007", true)]
    [InlineData(@"\p{Cn}", "\uffff", true)]
    [InlineData(@"\p{Pd}", "-", true)]
    [InlineData(@"\p{Mn}", "\u0301", true)]
    // Characters beyond the 16 bits of a char are one each.
    [InlineData(".", "😀", true)]
    [InlineData("..", "😀", false)]
    [InlineData("[😀-😎]", "😃", true)]
    [InlineData("[^a]", "😀", true)]
    [InlineData("😀{2}", "😀😀", true)]
    [InlineData(@"\p{So}", "😀", true)]
    // Section 8 of the RFC speaks of these; other engines read more into them.
    [InlineData("[0-9]{4}-[0-9]{2}-[0-9]{2}", "2030-01-31", true)]
    [InlineData("[a&&b]+", "a&b", true)]
    [InlineData("#a", "#a", true)]
    [InlineData("a b", "a b", true)]
    public void Match_WholeTextFitsOrNot(string pattern, string text, bool matches) =>
        Parse(pattern).IsMatch(text, whole: true, () => { }).ShouldBe(matches);

    [Theory]
    [InlineData("b", "abc", true)]
    [InlineData("d", "abc", false)]
    [InlineData("", "abc", true)]
    [InlineData("", "", true)]
    [InlineData("a+b", "caaab", true)]
    [InlineData("b{2}", "abab", false)]
    // Anchors are no part of the RFC; the compliance suite asks for them.
    [InlineData("^a", "ba", false)]
    [InlineData("^a", "ab", true)]
    [InlineData("a$", "ba", true)]
    [InlineData("a$", "ab", false)]
    [InlineData("^$", "", true)]
    public void Search_AnyPartFitsOrNot(string pattern, string text, bool matches) =>
        Parse(pattern).IsMatch(text, whole: false, () => { }).ShouldBe(matches);

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("a)")]
    [InlineData("(a")]
    [InlineData("*")]
    [InlineData("+a")]
    [InlineData("?")]
    [InlineData("a**")]
    [InlineData("a+?")]
    [InlineData("a|*")]
    [InlineData("a{")]
    [InlineData("a{}")]
    [InlineData("a{,2}")]
    [InlineData("a{2,1}")]
    [InlineData("a{x}")]
    [InlineData("a{1")]
    [InlineData("a{1}{2}")]
    [InlineData("{1}")]
    [InlineData("}")]
    [InlineData("]")]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[^]")]
    [InlineData("[a")]
    [InlineData("[c-a]")]
    [InlineData("[a-b-c]")]
    [InlineData("[a--b]")]
    [InlineData("[[a]]")]
    [InlineData("[[:alpha:]]")]
    [InlineData(@"[\p{L}-z]")]
    [InlineData(@"[\d]")]
    [InlineData(@"\")]
    [InlineData(@"\d")]
    [InlineData(@"\w")]
    [InlineData(@"\s")]
    [InlineData(@"\b")]
    [InlineData(@"\1")]
    [InlineData(@"\$")]
    [InlineData(@"\/")]
    [InlineData(@"\u0041")]
    [InlineData(@"\x41")]
    [InlineData(@"\p")]
    [InlineData(@"\pL")]
    [InlineData(@"\p{}")]
    [InlineData(@"\p{l}")]
    [InlineData(@"\p{Xx}")]
    [InlineData(@"\p{Cs}")]
    [InlineData(@"\p{IsGreek}")]
    [InlineData(@"\p{L")]
    [InlineData("(?:a)")]
    [InlineData("(?=a)")]
    [InlineData("(?i)a")]
    public void NoIRegexp_Refused(string pattern) => IRegexp.TryParse(pattern, () => { }).ShouldBeNull();

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a+)+b")]
    [InlineData("(a|a)*b")]
    [InlineData("(a|aa)+b")]
    [InlineData("(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)b")]
    [InlineData("(a?){30}a{30}b")]
    [InlineData("(((a*)*)*)*b")]
    public void PatternThatBacktrackingEnginesHangOn_StepsGrowWithTheTextOnly(string pattern)
    {
        var expression = Parse(pattern);

        Steps(10_000).ShouldBeLessThan(Steps(1_000) * 15);

        long Steps(int length)
        {
            var steps = 0L;
            expression.IsMatch(new string('a', length), whole: true, () => steps++).ShouldBeFalse();
            return steps;
        }
    }

    [Theory]
    [InlineData("((((a{99}){99}){99}){99})")]
    [InlineData("(((){99999}){99999}){99999}")]
    [InlineData("(((a{0}){99999}){99999}){99999}")]
    [InlineData("(((|){99999}){99999}){99999}")]
    [InlineData("a{0,99999}")]
    [InlineData("a{99999,}")]
    [InlineData("a{4294967297}")]
    public void PatternTooLarge_Refused(string pattern)
    {
        var began = TimeProvider.System.GetTimestamp();

        IRegexp.TryParse(pattern, () => { }).ShouldBeNull();

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(100_000, false)]
    [InlineData(60, true)]
    public void Groups_NestedOnlySoDeep(int depth, bool allowed) =>
        (IRegexp.TryParse($"{new string('(', depth)}a{new string(')', depth)}", () => { }) is not null).ShouldBe(allowed);

    private static IRegexp Parse(string pattern) => IRegexp.TryParse(pattern, () => { }).ShouldNotBeNull();
}
