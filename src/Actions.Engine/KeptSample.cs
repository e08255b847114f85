using Actions.V1;

namespace Actions.Engine;

/// <summary>What of a sample may be kept with its action.</summary>
public static class KeptSample
{
    /// <summary>
    /// Takes the body and the fields' values from an action's sample, unless the action allows them to be kept. What is
    /// left tells later answers' drift. Changes the message that it is given.
    /// </summary>
    public static ActionConfig In(ActionConfig config)
    {
        if (config.Sample is not { } sample || config.ResponsePolicy?.KeepBodies == true)
            return config;
        config.Sample = sample.Clone();
        config.Sample.Body = Google.Protobuf.ByteString.Empty;
        foreach (var field in config.Sample.Fields)
            field.Value = null;
        return config;
    }
}
