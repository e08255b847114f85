using System.Text.Json;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Parts;

/// <summary>The same fields as a competent engineer takes them by hand, as in the bare handler.</summary>
internal static class ByHand
{
    public static Result Select(string scenario, JsonElement json)
    {
        var result = new Result { StatusCode = 200, ContentType = "application/json" };
        if (scenario == "large")
            SelectLarge(json, result);
        else
            SelectSmall(json, result);
        return result;
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
        var customer = orders[10].GetProperty("customer");
        result.Variables.Add("tenth", Value.ForString(customer.GetProperty("name").GetString()));
        result.Variables.Add("total", Value.ForNumber(orders[100].GetProperty("total").GetDouble()));
        result.Variables.Add("next", Value.ForString(json.GetProperty("page").GetProperty("next").GetString()));
    }
}
