using Actions.Engine.Limits;
using Actions.Server.Configuration;
using Actions.Storage;
using Actions.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>Creates, lists and revokes the keys of a workspace.</summary>
internal sealed class ApiKeyService(IApiKeyStore store, TimeProvider time, IOptions<ServerOptions> options)
    : V1.ApiKeyService.ApiKeyServiceBase
{
    public override async Task<CreateApiKeyResponse> CreateApiKey(CreateApiKeyRequest request, ServerCallContext context)
    {
        var wanted = request.ApiKey ?? throw new InvalidFieldsException("api_key", "is required.");
        var issued = ApiKeyIssue.Make(ClientIdentity.Of(context).Workspace, wanted, "api_key.", time.GetUtcNow());
        await store.AddAsync(issued.Stored, context.CancellationToken).ConfigureAwait(false);
        return new CreateApiKeyResponse { ApiKey = issued.Stored.Key, Key = issued.Text };
    }

    public override async Task<ListApiKeysResponse> ListApiKeys(ListApiKeysRequest request, ServerCallContext context)
    {
        var limits = options.Value;
        if (request.PageSize < 0 || request.PageSize > limits.MaxPageSize)
            throw new InvalidFieldsException("page_size", $"must be 1 to {limits.MaxPageSize}, or 0 for {limits.DefaultPageSize}.");
        if (request.PageToken.Length > 0 && !ApiKeyText.IsId(request.PageToken))
            throw new InvalidFieldsException("page_token", "must be the next_page_token of a previous response.");

        var size = request.PageSize == 0 ? limits.DefaultPageSize : request.PageSize;
        // One more than fits shows whether there is another page.
        var listed = await store.ListAsync(ClientIdentity.Of(context).Workspace, request.PageToken, size + 1, context.CancellationToken)
            .ConfigureAwait(false);
        return new ListApiKeysResponse
        {
            ApiKeys = { listed.Take(size) },
            NextPageToken = listed.Count > size ? listed[size - 1].Id : "",
        };
    }

    public override async Task<RevokeApiKeyResponse> RevokeApiKey(RevokeApiKeyRequest request, ServerCallContext context)
    {
        if (request.Id.Length == 0)
            throw new InvalidFieldsException("id", "is required.");
        var revoked = await store.RevokeAsync(ClientIdentity.Of(context).Workspace, request.Id, context.CancellationToken)
            .ConfigureAwait(false);
        return new RevokeApiKeyResponse { ApiKey = revoked };
    }
}
