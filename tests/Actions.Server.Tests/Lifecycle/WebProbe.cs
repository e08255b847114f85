using System.Net;

namespace Actions.Server.Tests.Lifecycle;

/// <summary>Asks /healthz or /readyz as a probe would: over a connection of its own.</summary>
internal static class WebProbe
{
    public static async Task<(HttpStatusCode Status, string Body)> GetAsync(
        Uri address, string path, CancellationToken cancellationToken)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        using var response = await http.SendAsync(request, cancellationToken);
        return (response.StatusCode, (await response.Content.ReadAsStringAsync(cancellationToken)).TrimEnd());
    }
}
