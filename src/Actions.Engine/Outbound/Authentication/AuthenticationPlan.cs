using System.Collections.Immutable;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Masking;
using Actions.V1;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>The authentication of requests. Contains the secrets in plain text: never log or display it.</summary>
internal abstract record AuthenticationPlan
{
    /// <summary>Like <see cref="Value"/>, but masked for display.</summary>
    public virtual string MaskedValue => Value(SecretMask.Text);

    /// <summary>The secrets to mask, in the encodings that <see cref="SecretMask"/> doesn't derive itself.</summary>
    public abstract IEnumerable<string> Secrets { get; }

    /// <summary>The header or query parameter that carries the credential.</summary>
    public abstract CredentialPlace Place { get; }

    /// <summary>The header's or parameter's value for this secret.</summary>
    public abstract string Value(string secret);

    // Overridden because a record prints its members.
    public sealed override string ToString() => GetType().Name;
}

/// <summary>The place of a credential in the request.</summary>
internal readonly record struct CredentialPlace(string Name, bool InQuery)
{
    public static CredentialPlace Authorization { get; } = new("Authorization", InQuery: false);
}

/// <summary>A credential that is known before the request. What is sent is made once.</summary>
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
/// <param name="Scheme">Stands before the token in the header.</param>
internal sealed record BearerTokenPlan(bool InQuery, string Scheme, string Secret) : FixedAuthenticationPlan(Secret)
{
    public const string Bearer = "Bearer";

    private readonly string _sent = Sent(InQuery, Scheme, Secret);

    public override CredentialPlace Place =>
        InQuery ? new CredentialPlace("access_token", InQuery: true) : CredentialPlace.Authorization;

    public override string Value(string secret) => secret == Secret ? _sent : Sent(InQuery, Scheme, secret);

    private static string Sent(bool inQuery, string scheme, string secret) =>
        inQuery ? secret : $"{scheme} {secret}";
}

/// <summary>User name and password in UTF-8, RFC 7617.</summary>
internal sealed record BasicCredentialsPlan(string UserName, string Secret) : FixedAuthenticationPlan(Secret)
{
    private readonly string _sent = Sent(UserName, Secret);

    public override CredentialPlace Place => CredentialPlace.Authorization;

    public override string MaskedValue => $"Basic {SecretMask.Text}";

    public override string Value(string secret) => secret == Secret ? _sent : Sent(UserName, secret);

    private static string Sent(string userName, string secret) =>
        $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userName}:{secret}"))}";
}

/// <summary>A token from a token endpoint, RFC 6749 section 4.4, sent as in RFC 6750 section 2.1.</summary>
/// <param name="Method">Unspecified: the endpoint is asked in all ways.</param>
internal sealed record OAuth2Plan(Uri TokenUrl, string ClientId, string ClientSecret, ClientAuthentication Method,
    TokenForm Form)
    : AuthenticationPlan
{
    // The form-encoded value, too, because the Authorization header contains it base64-encoded, where a search for the
    // plain secret doesn't find it.
    public override IEnumerable<string> Secrets => [ClientSecret, FormUrlEncoding.Encode(ClientSecret),
        .. Form.Secrets];

    public override CredentialPlace Place => CredentialPlace.Authorization;

    public override string Value(string secret) => $"{BearerTokenPlan.Bearer} {secret}";
}

/// <summary>The form parameters of a token request, without the client's credentials.</summary>
/// <param name="Text">Form-encoded.</param>
/// <param name="Secrets">The values among them that are secrets.</param>
internal sealed record TokenForm(string Text, ImmutableArray<string> Secrets)
{
    // Actions with the same token request share its token. Arrays are equal only to themselves.
    public bool Equals(TokenForm? other) => Text == other?.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    // Overridden because a record prints its members.
    public override string ToString() => nameof(TokenForm);
}
