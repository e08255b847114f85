using System.Globalization;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>What an API answers, attempt by attempt, and actions that make several.</summary>
internal static class Answers
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

    public static string Status(int status, string headers = "") => string.Create(
        CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: 0\r\n\r\n");

    /// <summary>One answer after the other, then the last again and again, each on a connection of its own.</summary>
    public static RawUpstream InTurn(params string[] answers) => InTurn(() => Task.CompletedTask, answers);

    /// <param name="ready">Awaited before each answer.</param>
    /// <param name="answers">An empty one closes the connection.</param>
    public static RawUpstream InTurn(Func<Task> ready, params string[] answers)
    {
        var given = -1;
        return new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            var answer = answers[Math.Min(Interlocked.Increment(ref given), answers.Length - 1)];
            await ready();
            // Told before it is done: a client that found out by itself might send the next request into the closing.
            var end = answer.IndexOf("\r\n", StringComparison.Ordinal);
            await connection.SendAsync(end < 0 ? answer : answer.Insert(end, "\r\nConnection: close"));
        });
    }

    public static ActionConfig Retrying(RawUpstream api, int attempts, HttpMethod method = HttpMethod.Get, double backoffMs = 1)
    {
        var config = Configs.With(method, api.Url);
        config.RetryPolicy = new RetryPolicy
        {
            MaxAttempts = attempts,
            InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(backoffMs)),
        };
        return config;
    }
}
