using System.Buffers.Binary;
using System.Net.Sockets;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Actions.Testing.Mongo;

/// <summary>
/// One message of the wire protocol (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/): length, request id,
/// response to, opcode, each 32 bits, little endian; then the body.
/// </summary>
internal sealed record MongoMessage(byte[] Bytes)
{
    private const int HeaderLength = 16;
    private const int OpReply = 1;
    private const int OpMsg = 2013;

    // Flags, and the kind of the first section: 0, a document.
    private const int OpMsgPrefix = 5;

    // Of the answer to the first greeting, which is in the old form: flags, cursor, from, count.
    private const int OpReplyPrefix = 20;

    public int RequestId => Number(4);

    public int ResponseTo => Number(8);

    /// <summary>Whether it only asks what the server is.</summary>
    public bool IsGreeting => Number(12) != OpMsg || Command() is "hello" or "isMaster" or "ismaster";

    /// <returns>Null: the other side is done.</returns>
    public static async Task<MongoMessage?> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        if (!await FillAsync(socket, header, cancellationToken))
            return null;
        var bytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
        header.CopyTo(bytes, 0);
        return await FillAsync(socket, bytes.AsMemory(HeaderLength), cancellationToken) ? new MongoMessage(bytes) : null;
    }

    /// <summary>The server's answer when it won't.</summary>
    public ReadOnlyMemory<byte> Refusal(int code, string codeName, string text)
    {
        var document = new BsonDocument
        {
            ["ok"] = 0,
            ["errmsg"] = text,
            ["code"] = code,
            ["codeName"] = codeName,
            // It was refused before anything was done.
            ["errorLabels"] = new BsonArray { "RetryableWriteError" },
        }.ToBson();
        var answer = new byte[HeaderLength + OpMsgPrefix + document.Length];
        BinaryPrimitives.WriteInt32LittleEndian(answer, answer.Length);
        BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(8), Number(4));
        BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(12), OpMsg);
        document.CopyTo(answer, HeaderLength + OpMsgPrefix);
        return answer;
    }

    /// <summary>The same answer with other words in it.</summary>
    public MongoMessage With(Action<BsonDocument> change)
    {
        var prefix = HeaderLength + (Number(12) == OpReply ? OpReplyPrefix : OpMsgPrefix);
        var document = BsonSerializer.Deserialize<BsonDocument>(Bytes[prefix..]);
        change(document);
        byte[] changed = [.. Bytes.AsSpan(0, prefix), .. document.ToBson()];
        BinaryPrimitives.WriteInt32LittleEndian(changed, changed.Length);
        return new MongoMessage(changed);
    }

    private int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(at));

    private string Command() =>
        BsonSerializer.Deserialize<BsonDocument>(Bytes[(HeaderLength + OpMsgPrefix)..]).GetElement(0).Name;

    private static async Task<bool> FillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            var count = await socket.ReceiveAsync(buffer, cancellationToken);
            if (count == 0)
                return false;
            buffer = buffer[count..];
        }

        return true;
    }
}
