using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Actions.Engine.Variables;

/// <summary>JSON for the bodies of requests.</summary>
internal static class JsonOutput
{
    // Relaxed: the body is sent as application/json, never inside HTML, and stays readable in the API's own logs.
    public static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A larger buffer isn't kept.
    private const int MaxKept = 64 << 10;

    // Writer and buffer are ten times as large as a usual body. So a thread keeps its own.
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _kept;

    /// <param name="write">Writes one value.</param>
    public static byte[] Write<T>(T source, Action<Utf8JsonWriter, T> write)
    {
        var (buffer, writer) = _kept ?? New();
        _kept = null;
        write(writer, source);
        writer.Flush();
        var json = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > MaxKept)
            return json;
        // Overwritten: there are secrets in bodies.
        buffer.Clear();
        writer.Reset();
        _kept = (buffer, writer);
        return json;
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) New()
    {
        var buffer = new ArrayBufferWriter<byte>();
        return (buffer, new Utf8JsonWriter(buffer, Options));
    }
}
