using System.Text.Json;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Peer;

/// <summary>The selected fields as a competent engineer takes them from the answer, without a path.</summary>
internal static class ByHand
{
    /// <param name="action">Its name says which answer it is.</param>
    public static void Select(string action, JsonElement json, Result result)
    {
        if (action == "large")
            SelectLarge(json, result);
        else
            SelectSmall(json, result);
    }

    private static void SelectSmall(JsonElement json, Result result)
    {
        var order = json.GetProperty("order");
        result.Variables.Add("status", Value.ForString(order.GetProperty("status").GetString()));
        result.Variables.Add("eta", Value.ForString(order.GetProperty("eta").GetString()));
    }

    private static void SelectLarge(JsonElement json, Result result)
    {
        var orders = json.GetProperty("orders");
        result.Variables.Add("count", Value.ForNumber(json.GetProperty("count").GetDouble()));
        result.Variables.Add("first", Value.ForString(orders[0].GetProperty("status").GetString()));
        var name = orders[10].GetProperty("customer").GetProperty("name");
        result.Variables.Add("tenth", Value.ForString(name.GetString()));
        result.Variables.Add("total", Value.ForNumber(orders[100].GetProperty("total").GetDouble()));
        result.Variables.Add("next", Value.ForString(json.GetProperty("page").GetProperty("next").GetString()));
    }
}
