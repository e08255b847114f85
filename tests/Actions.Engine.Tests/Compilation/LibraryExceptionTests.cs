using Actions.Engine.Limits;
using Actions.Engine.Compilation;
using Actions.V1;

namespace Actions.Engine.Tests.Compilation;

/// <summary>The text of a .NET library's exception never reaches users as if it described their mistake.</summary>
public sealed class LibraryExceptionTests
{
    private static readonly Func<Uri, string?> FailingCheck = _ => throw new FormatException("a library's own text");

    [Fact]
    public void FormatExceptionWhileUrlIsChecked_IsNotAViolation()
    {
        var violations = new Violations();
        var templates = new TemplateCompiler(static _ => false, isSaved: true, violations);
        var compiler = new RequestCompiler(new EngineOptions(), FailingCheck, templates, violations);
        Should.Throw<FormatException>(() => compiler.Compile(Compiled.Sound().Request, authentication: null));
        violations.ThrowIfAny();
    }

    [Fact]
    public void FormatExceptionWhileTokenUrlIsChecked_IsNotAViolation()
    {
        var authentication = new Authentication
        {
            Oauth2ClientCredentials = new OAuth2ClientCredentials
            {
                TokenUrl = "https://id.example/token", ClientId = "id", ClientSecret = new Secret { Plaintext = "secret" },
            },
        };
        var violations = new Violations();
        Should.Throw<FormatException>(
            () => new AuthenticationCompiler(new EngineOptions(), FailingCheck, isSaved: true, violations).Compile(authentication));
        violations.ThrowIfAny();
    }
}
