using System.Security.Cryptography;
using System.Text;
using Actions.Engine.Limits;
using Actions.Server.Configuration;
using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Configs;

/// <summary>
/// One page of a list. Its token consists of a digest of the filter and the last name on the page: it stays valid for
/// ever and on every server, whatever is written meanwhile.
/// </summary>
internal sealed class Page
{
    private const int DigestBytes = 8;

    // The digest and the longest name, in base64.
    private const int MaxTokenBytes = 512;

    private readonly byte[] _digest;
    private readonly int _size;
    private readonly int _maxBytes;

    /// <exception cref="InvalidFieldsException">The size, the labels or the token are invalid.</exception>
    public Page(ListActionConfigsRequest request, ServerOptions options)
    {
        if (request.PageSize < 0 || request.PageSize > options.MaxPageSize)
            throw new InvalidFieldsException("page_size", $"must be 1 to {options.MaxPageSize}, or 0 for {options.DefaultPageSize}.");
        if (request.Labels.Count > options.MaxLabelFilters)
            throw new InvalidFieldsException(
                "labels", $"has {request.Labels.Count} labels; at most {options.MaxLabelFilters} are allowed.");
        _size = request.PageSize == 0 ? options.DefaultPageSize : request.PageSize;
        _maxBytes = options.MaxPageBytes;
        _digest = Digest(request);
        Query = new ActionQuery
        {
            Limit = _size + 1,
            MaxBytes = _maxBytes,
            AfterName = request.PageToken.Length == 0 ? null : ReadToken(request.PageToken),
            NamePrefix = request.NamePrefix,
            Labels = request.Labels,
        };
    }

    /// <summary>Reads one more than fits, which shows whether there is another page.</summary>
    public ActionQuery Query { get; }

    /// <param name="actions">What the query found.</param>
    /// <param name="storedBytes">Their bytes in the store. Beyond the query's limit there may be more.</param>
    public ListActionConfigsResponse ToResponse(IReadOnlyList<ActionConfig> actions, long storedBytes)
    {
        var response = new ListActionConfigsResponse();
        var bytes = MaxTokenBytes;
        foreach (var action in actions)
        {
            bytes += action.CalculateSize() + 8;
            if (response.ActionConfigs.Count == _size || (bytes > _maxBytes && response.ActionConfigs.Count > 0))
            {
                response.NextPageToken = WriteToken(response.ActionConfigs[^1].Name);
                break;
            }

            response.ActionConfigs.Add(action);
        }

        // Encrypted secrets take more bytes than what a client sees of them.
        if (response.NextPageToken.Length == 0 && storedBytes > Query.MaxBytes)
            response.NextPageToken = WriteToken(actions[^1].Name);
        return response;
    }

    private static byte[] Digest(ListActionConfigsRequest request)
    {
        var filter = new StringBuilder(ActionName.Key(request.NamePrefix));
        foreach (var (key, value) in request.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            filter.Append('\0').Append(key).Append('\0').Append(value);
        return SHA256.HashData(Encoding.UTF8.GetBytes(filter.ToString()))[..DigestBytes];
    }

    private string WriteToken(string name) =>
        System.Buffers.Text.Base64Url.EncodeToString([.. _digest, .. Encoding.UTF8.GetBytes(name)]);

    private string ReadToken(string token)
    {
        if (System.Buffers.Text.Base64Url.IsValid(token)
            && System.Buffers.Text.Base64Url.DecodeFromChars(token) is { Length: > DigestBytes } bytes
            && bytes.AsSpan(0, DigestBytes).SequenceEqual(_digest))
            return Encoding.UTF8.GetString(bytes.AsSpan(DigestBytes));
        throw new InvalidFieldsException(
            "page_token", "must be the next_page_token of a previous response to the same name_prefix and labels.");
    }
}
