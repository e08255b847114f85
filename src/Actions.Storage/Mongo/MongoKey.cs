using MongoDB.Bson;

namespace Actions.Storage.Mongo;

/// <summary>
/// The <c>_id</c> of an action's document: an id is unique within its workspace only, and a stream of changes tells of
/// a
/// deletion by the <c>_id</c> alone.
/// </summary>
internal static class MongoKey
{
    // In this order: MongoDB compares documents field by field as they are written.
    public static BsonDocument Of(string workspace, string id) => new() { ["workspace"] = workspace, ["id"] = id };

    /// <returns>Null: it is something else.</returns>
    public static ActionKey? Read(BsonValue key) =>
        key is BsonDocument document
        && document.TryGetValue("workspace", out var workspace) && workspace.IsString
        && document.TryGetValue("id", out var id) && id.IsString
            ? new ActionKey(workspace.AsString, id.AsString)
            : null;
}
