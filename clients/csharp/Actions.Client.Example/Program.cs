// A minimal voice engine: creates an action, executes it and prints the text of each event.
using Actions.Client;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

if (args is not [var server, var url, .. var pairs])
    throw new ArgumentException("Arguments: SERVER URL [NAME=VALUE]..., such as 127.0.0.1:5080 'http://127.0.0.1:9000/{file}' file=README.md");

using var client = new ActionsClient(new Uri($"http://{server}"));
try
{
    var created = await client.Configs.CreateActionConfigAsync(new()
    {
        ActionConfig = new ActionConfig
        {
            Name = $"C# example {Guid.NewGuid():N}",
            Request = new HttpRequest { Method = HttpMethod.Get, Url = url },
            Messages = new Messages
            {
                StartMessage = "Let me look that up.",
                DelayMessage = "One moment, this takes a little longer.",
                DelayThreshold = TimeSpan.FromSeconds(1).ToDuration(),
                FailureMessage = "I'm sorry, I couldn't find out.",
            },
        },
    });
    var request = new ExecuteRequest { Id = created.ActionConfig.Id };
    foreach (var pair in pairs)
        request.Variables.Add(pair.Split('=')[0], Value.ForString(pair[(pair.IndexOf('=') + 1)..]));

    // In a voice engine, the printed text would go to text-to-speech.
    var last = await client.RunAsync(
        request,
        onStart: start => Console.WriteLine($"start    {start.Message}"),
        onDelay: delay => Console.WriteLine($"delay    {delay.Message}"),
        onResult: result => Console.WriteLine($"result   status {result.StatusCode}, {result.Body.Length} bytes"),
        onFailure: failure => Console.WriteLine($"failure  {failure.Message} ({failure.Reason}: {failure.Detail})"));

    await client.Configs.DeleteActionConfigAsync(new() { Id = request.Id });
    return last.Result is null ? 1 : 0;
}
catch (ActionException e)
{
    Console.Error.WriteLine($"{e.Message} {e.Reason} {string.Join(", ", e.Violations)}");
    return 1;
}
