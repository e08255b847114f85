using System.Text;
using Actions.Engine.Limits;
using Actions.V1;

namespace Actions.Engine.Request;

/// <summary>Limits a request that is shown: quoting for a shell makes a quote four bytes long.</summary>
internal static class RenderedSize
{
    // Only settings far above the defaults make them longer.
    private const int LongestUrl = 64 << 10;
    private const int LongestHeader = 1_000;

    /// <summary>
    /// Leaves the curl command out if the request is too large with it: half a command would be another one. If that
    /// isn't enough, cuts the body, then long headers. Modifies the given message.
    /// </summary>
    public static RenderedRequest Fit(RenderedRequest request)
    {
        if (Excess(request) > 0)
            request.Curl = "";
        if (Excess(request) is > 0 and var excess)
            request.Body = Cut(request.Body, Encoding.UTF8.GetByteCount(request.Body) - excess);
        if (Excess(request) <= 0)
            return request;
        if (request.Url.Length > LongestUrl)
            request.Url = Cut(request.Url, LongestUrl);
        foreach (var header in request.Headers.Where(header => header.Value.Length > LongestHeader))
            header.Value = Cut(header.Value, LongestHeader);
        while (Excess(request) > 0)
            request.Headers.RemoveAt(request.Headers.Count - 1);
        return request;
    }

    private static int Excess(RenderedRequest request) =>
        request.CalculateSize() - ContractLimits.MaxRenderedRequestBytes;

    /// <summary>The beginning of the text, and how much is missing.</summary>
    private static string Cut(string text, int bytes)
    {
        var all = Encoding.UTF8.GetBytes(text);
        // Room for the mark itself.
        var end = Math.Clamp(bytes - 40, 0, all.Length);
        // Not inside of a character, whose further bytes begin with 10.
        while (end > 0 && end < all.Length && (all[end] & 0xC0) == 0x80)
            end--;
        return $"{Encoding.UTF8.GetString(all, 0, end)}… ({all.Length - end} more bytes)";
    }
}
