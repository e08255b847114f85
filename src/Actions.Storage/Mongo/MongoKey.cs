using MongoDB.Bson;

namespace Actions.Storage.Mongo;

/// <summary>
/// The <c>_id</c> of an action's document. It contains the workspace, because an id is unique only within its
/// workspace and the change stream reports a deletion by <c>_id</c> alone.
/// </summary>
internal static class MongoKey
{
    // The order matters: MongoDB compares documents field by field in the stored order.
    public static BsonDocument Of(string workspace, string id) => new() { ["workspace"] = workspace, ["id"] = id };

    /// <returns>Null: not the key of an action.</returns>
    public static ActionKey? Read(BsonValue key) =>
        key is BsonDocument document
        && document.TryGetValue("workspace", out var workspace) && workspace.IsString
        && document.TryGetValue("id", out var id) && id.IsString
            ? new ActionKey(workspace.AsString, id.AsString)
            : null;
}
