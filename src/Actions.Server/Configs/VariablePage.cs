using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Actions.Engine.Limits;
using Actions.Server.Configuration;
using Actions.V1;

namespace Actions.Server.Configs;

/// <summary>
/// One page of a workspace's variables. Its token consists of a digest of the prefix and the last variable's name,
/// origin and action.
/// </summary>
internal sealed class VariablePage
{
    // As the contract says.
    private const int DefaultSize = 200;
    private const int MaxSize = 1_000;

    private const int DigestBytes = 8;
    private const char Separator = '\n';

    private readonly string _prefix;
    private readonly byte[] _digest;
    private readonly int _size;
    private readonly int _maxBytes;
    private readonly (string Name, VariableOrigin Origin, string ActionId)? _after;

    /// <exception cref="InvalidFieldsException">The size or the token is invalid.</exception>
    public VariablePage(ListVariablesRequest request, ServerOptions options)
    {
        if (request.PageSize is < 0 or > MaxSize)
            throw new InvalidFieldsException("page_size", $"must be 1 to {MaxSize}, or 0 for {DefaultSize}.");
        _size = request.PageSize == 0 ? DefaultSize : request.PageSize;
        _maxBytes = options.MaxPageBytes;
        _prefix = request.NamePrefix;
        // Names are ASCII.
        _digest = SHA256.HashData(Encoding.UTF8.GetBytes(_prefix.ToUpperInvariant()))[..DigestBytes];
        if (request.PageToken.Length > 0)
            _after = ReadToken(request.PageToken);
    }

    /// <param name="variables">Sorted by name, origin and action.</param>
    /// <returns>The page, without example types.</returns>
    public ListVariablesResponse Of(IReadOnlyList<KnownVariable> variables)
    {
        var response = new ListVariablesResponse();
        var bytes = 0;
        foreach (var variable in variables)
        {
            if (!variable.Name.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase) || !IsAfter(variable))
                continue;
            bytes += variable.CalculateSize() + 8;
            if (response.Variables.Count == _size || (bytes > _maxBytes && response.Variables.Count > 0))
            {
                response.NextPageToken = WriteToken(response.Variables[^1]);
                break;
            }

            // Others have the same message.
            response.Variables.Add(variable.Clone());
        }

        return response;
    }

    private bool IsAfter(KnownVariable variable)
    {
        if (_after is not var (name, origin, actionId))
            return true;
        var order = string.CompareOrdinal(variable.Name, name);
        if (order == 0)
            order = variable.Origin.CompareTo(origin);
        return order > 0 || (order == 0 && string.CompareOrdinal(variable.ActionId, actionId) > 0);
    }

    private string WriteToken(KnownVariable last)
    {
        var origin = ((int)last.Origin).ToString(CultureInfo.InvariantCulture);
        var place = string.Join(Separator, last.Name, origin, last.ActionId);
        return Base64Url.EncodeToString([.. _digest, .. Encoding.UTF8.GetBytes(place)]);
    }

    private (string Name, VariableOrigin Origin, string ActionId) ReadToken(string token)
    {
        if (Base64Url.IsValid(token)
            && Base64Url.DecodeFromChars(token) is { Length: > DigestBytes } bytes
            && bytes.AsSpan(0, DigestBytes).SequenceEqual(_digest)
            && Encoding.UTF8.GetString(bytes.AsSpan(DigestBytes)).Split(Separator)
                is [var name, var origin, var actionId]
            && int.TryParse(origin, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return (name, (VariableOrigin)number, actionId);
        throw new InvalidFieldsException(
            "page_token", "must be the next_page_token of a previous response to the same name_prefix.");
    }
}
