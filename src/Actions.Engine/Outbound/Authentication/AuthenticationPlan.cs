using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Masking;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>How requests prove who sends them. Holds the secrets in the clear: never to be logged or shown.</summary>
internal abstract record AuthenticationPlan
{
    /// <summary>The same as <see cref="Value"/> for showing it to people.</summary>
    public virtual string MaskedValue => Value(SecretMask.Text);

    /// <summary>What must not be seen of it, in the forms that <see cref="SecretMask"/> doesn't make itself.</summary>
    public abstract IEnumerable<string> Secrets { get; }

    /// <summary>The header or query parameter that it writes.</summary>
    public abstract CredentialPlace Place { get; }

    /// <summary>What stands there for this secret.</summary>
    public abstract string Value(string secret);

    // A record prints its members.
    public sealed override string ToString() => GetType().Name;
}

/// <summary>Where a credential stands.</summary>
internal readonly record struct CredentialPlace(string Name, bool InQuery)
{
    public static CredentialPlace Authorization { get; } = new("Authorization", InQuery: false);
}

/// <summary>A credential that is known beforehand.</summary>
internal abstract record FixedAuthenticationPlan(string Secret) : AuthenticationPlan
{
    public override IEnumerable<string> Secrets => [Secret];
}

/// <summary>An API key.</summary>
internal sealed record ApiKeyPlan(CredentialPlace At, string Secret) : FixedAuthenticationPlan(Secret)
{
    public override CredentialPlace Place => At;

    public override string Value(string secret) => secret;
}

/// <summary>A bearer token, RFC 6750 sections 2.1 and 2.3.</summary>
internal sealed record BearerTokenPlan(bool InQuery, string Secret) : FixedAuthenticationPlan(Secret)
{
    public override CredentialPlace Place =>
        InQuery ? new CredentialPlace("access_token", InQuery: true) : CredentialPlace.Authorization;

    public override string Value(string secret) => InQuery ? secret : $"Bearer {secret}";
}

/// <summary>User name and password in UTF-8, RFC 7617.</summary>
internal sealed record BasicCredentialsPlan(string UserName, string Secret) : FixedAuthenticationPlan(Secret)
{
    public override CredentialPlace Place => CredentialPlace.Authorization;

    public override string MaskedValue => $"Basic {SecretMask.Text}";

    public override string Value(string secret) =>
        $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{UserName}:{secret}"))}";
}

/// <summary>A token from a token endpoint, RFC 6749 section 4.4, sent as RFC 6750 section 2.1 says.</summary>
internal sealed record OAuth2Plan(Uri TokenUrl, string ClientId, string ClientSecret, string Scope) : AuthenticationPlan
{
    // Form-encoded before it goes into the Authorization header, which base64 hides from whoever looks for the rest.
    public override IEnumerable<string> Secrets => [ClientSecret, FormUrlEncoding.Encode(ClientSecret)];

    public override CredentialPlace Place => CredentialPlace.Authorization;

    public override string Value(string secret) => $"Bearer {secret}";
}
