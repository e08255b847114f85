using Actions.V1;

namespace Actions.Engine;

/// <summary>Removes the parts of a sample that must not be stored with its action.</summary>
public static class KeptSample
{
    /// <summary>
    /// Removes the body and the fields' values from an action's sample, unless the action allows storing them. The rest
    /// is enough to detect drift in later responses. Modifies the given message.
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
