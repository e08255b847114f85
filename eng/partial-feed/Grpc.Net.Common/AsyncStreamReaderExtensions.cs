using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Stream readers as async streams.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>The messages that are still to be read, for <c>await foreach</c>.</summary>
    /// <exception cref="RpcException">While reading: the call ended with another status than OK.</exception>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(
        this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Read(streamReader, cancellationToken);
    }

    private static async IAsyncEnumerable<T> Read<T>(
        IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await streamReader.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return streamReader.Current;
        }
    }
}
