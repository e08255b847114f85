namespace Actions.Server.Tests.Tidy;

public sealed class MethodLengthsTests
{
    private const string Tricky = """"
        using System;
        namespace A.B;
        #if X'{
        #endif
        internal sealed class C<T>(int a) : D(a) where T : class
        {
            private static readonly Func<int> Field = () =>
            {
                return 1;
            };
            private const string Raw = """
                { not a brace: " ' // */
                """;
            public int P { get; set; } = F(1);
            // { a comment's brace
            [Obsolete("}"), Other(X = 1)]
            [InlineData('{')]
            public void Three<U>(int x = 2)
                where U : class
            { var s = $"{{ {(x == 1 ? $"}}{x}" : @"\")} {x:0} \" {"; }
            /* } */
            public int Two() => x switch { 1 => 2,
                _ => 3 };
            public C() : base(() => { return; }) { }
            public int One(string s = "") => s == '}' ? 1 : 2;
            public abstract void Declared(
                int a);
            private struct Inner { public void Nested() {
                if (true) { } } }
        }
        """";

    [Fact]
    public void TrickySource_IsCountedRight() =>
        MethodLengths.Of(Tricky).Select(method => $"{method.Lines} {method.Signature.Split('(')[0].Split(' ')[^1]}")
            .ShouldBe(["3 Three<U>", "2 Two", "1 C", "1 One", "2 Declared", "2 Nested"]);

    [Fact]
    public void BracesThatDoNotMatch_AreNoticed() =>
        Should.Throw<FormatException>(() => MethodLengths.Of("class C { void M() { }").ToList());
}
