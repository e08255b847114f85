using System.Buffers.Text;
using System.Security.Cryptography;
using Actions.Engine.Executions;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Conversations;

/// <summary>
/// What makes an execution of a call the same as another one: a digest over who executes what with which arguments. The
/// tool call's id isn't part of it, because models repeat a tool call with a new one.
/// </summary>
public static class ExecutionIdentity
{
    // RFC 9562 section 5.8: a version for whatever an application makes of its own.
    private const int UuidBytes = 16;
    private const byte Version8 = 0x80;
    private const byte Variant = 0x80;

    /// <summary>The Idempotency-Key that requests of the identity carry: a UUID made of its digest.</summary>
    /// <param name="identity">From an execution of a call.</param>
    public static string IdempotencyKeyOf(string identity)
    {
        var uuid = Base64Url.DecodeFromChars(identity).AsSpan(0, UuidBytes);
        uuid[6] = (byte)((uuid[6] & 0x0F) | Version8);
        uuid[8] = (byte)((uuid[8] & 0x3F) | Variant);
        return new Guid(uuid, bigEndian: true).ToString();
    }

    /// <summary>Canonical JSON, so that no two different executions have the same text.</summary>
    internal static string Of(
        string actionId, string revision, ExecutionInput input, string callId, Struct arguments) =>
        Base64Url.EncodeToString(SHA256.HashData(CanonicalJson.Of(Value.ForStruct(new Struct
        {
            Fields =
            {
                ["action"] = Value.ForString(actionId),
                ["arguments"] = Value.ForStruct(arguments),
                ["call"] = Value.ForString(callId),
                ["idempotency_key"] = Value.ForString(input.IdempotencyKey),
                ["revision"] = Value.ForString(revision),
                ["workspace"] = Value.ForString(input.Workspace),
            },
        }))));
}
