using System.Net;
using System.Text;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>
/// Expensive queries on expensive responses: no work goes on after the deadline, and saving is bounded.
/// </summary>
public sealed class WorkFuzzTests
{
    // What may be left to do at the deadline: parsing three MiB, and the garbage collector on this thread.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A save has no deadline; its queries share one WorkBudget of about a second.
    private static readonly TimeSpan LongestSave = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task WorkOnAResponse_EndsWithTheDeadline()
    {
        Assert.SkipUnless(ThreadClock.IsAvailable, "The processor time of a thread is read from Linux.");
        var upstream = new MeasuredUpstream();
        using var engine = new EngineUnderTest(upstream);
        var input = new ExecutionInput("fuzz", new Dictionary<string, Value>(), "", BodyView.Unspecified);

        var hosts = 0;

        await FuzzRun.PlayAsync("work", async random =>
        {
            var paths = new ExpensivePaths(random);
            // A host of its own: the circuit to a host that times out again and again opens.
            var config = Configs.Get($"https://api-{hosts++}.example/");
            for (var fields = random.Next(1, 6); fields > 0; fields--)
                config.Selecting($"field_{fields}", paths.Path());
            config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = ContractLimits.MaxResponseBodyBytes };
            config.ResponsePolicy.Rules.Add(new OutcomeRule { Filter = paths.Filter(), Outcome = Outcome.Failure });
            config.Request.Timeout = Duration.FromTimeSpan(2 * ContractLimits.MinTimeout);
            var what = $"{config.ResponsePolicy.Rules[0].Filter} then {PathsOf(config)}";
            var measured = upstream.Answer(paths.Document());

            await engine.Engine.ExecuteAsync(engine.Compile(config), input, CancellationToken.None).LastAsync();
            // On a busy machine the deadline may pass before anything is sent.
            if (upstream.Sent is not { } sent)
                return;
            var elapsed = TimeProvider.System.GetElapsedTime(sent);

            (await measured.WaitAsync(Patience, TimeProvider.System) - elapsed).ShouldBeLessThan(Grace, what);
        });
    }

    [Fact]
    public async Task SavingAnActionWithASample_IsBounded()
    {
        Assert.SkipUnless(ThreadClock.IsAvailable, "The processor time of a thread is read from Linux.");
        using var engine = new EngineUnderTest();

        await FuzzRun.PlayAsync("saves", random =>
        {
            var paths = new ExpensivePaths(random);
            var config = Configs.Get("https://api.example/");
            config.Sample = new Sample { StatusCode = 200, ContentType = "application/json", Shape = paths.Document() };
            for (var fields = random.Next(1, 65); fields > 0; fields--)
                config.Selecting($"field_{fields}", paths.Path());
            var began = ThreadClock.Now;

            engine.Compile(config);

            (ThreadClock.Now - began).ShouldBeLessThan(LongestSave, PathsOf(config));
            return Task.CompletedTask;
        });
    }

    private static string PathsOf(ActionConfig config) =>
        string.Join(' ', config.Results.Select(field => field.JsonPath));

    /// <summary>Answers at once, and measures what the engine then does with the answer on this thread.</summary>
    private sealed class MeasuredUpstream : HttpMessageHandler
    {
        private byte[] _body = [];
        private TaskCompletionSource<TimeSpan> _measured = new();

        /// <summary>Timestamp of the request. Null: there was none yet.</summary>
        public long? Sent { get; private set; }

        /// <returns>The processor time from the response to its end, once the engine has let go of it.</returns>
        public Task<TimeSpan> Answer(string body)
        {
            _body = Encoding.UTF8.GetBytes(body);
            Sent = null;
            _measured = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _measured.Task;
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Away from the reader of the events, as a response from a socket is.
            await Task.Yield();
            Sent = TimeProvider.System.GetTimestamp();
            var content = new MeasuredContent(_body, _measured);
            content.Headers.ContentType = new("application/json");
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request };
        }
    }

    private sealed class MeasuredContent(byte[] body, TaskCompletionSource<TimeSpan> measured)
        : ByteArrayContent(body)
    {
        private (TimeSpan At, int Thread) _began;

        protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
        {
            _began = (ThreadClock.Now, Environment.CurrentManagedThreadId);
            return base.CreateContentReadStream(cancellationToken);
        }

        protected override Task<Stream> CreateContentReadStreamAsync() =>
            Task.FromResult(CreateContentReadStream(CancellationToken.None));

        protected override void Dispose(bool disposing)
        {
            if (Environment.CurrentManagedThreadId == _began.Thread)
                measured.TrySetResult(ThreadClock.Now - _began.At);
            else
                measured.TrySetException(new InvalidOperationException("More than one thread read the response."));
            base.Dispose(disposing);
        }
    }
}
