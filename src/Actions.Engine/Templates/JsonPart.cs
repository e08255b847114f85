using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>A part of a JSON document with placeholders.</summary>
internal abstract record JsonPart
{
    /// <summary>It has no placeholder.</summary>
    public abstract bool IsFixed { get; }

    /// <summary>Whether it is a variable without a value.</summary>
    public virtual bool IsLeftOut(VariableValues variables) => false;

    /// <param name="limit">In bytes of all that was written. It stops soon after.</param>
    public abstract void Write(Utf8JsonWriter writer, VariableValues variables, int limit);

    private static bool IsFull(Utf8JsonWriter writer, int limit) => writer.BytesCommitted + writer.BytesPending > limit;

    internal sealed record Literal(byte[] Json) : JsonPart
    {
        public override bool IsFixed => true;

        public override void Write(Utf8JsonWriter writer, VariableValues variables, int limit) =>
            writer.WriteRawValue(Json, skipInputValidation: true);
    }

    /// <summary>A string; the variable's own value, if it is exactly one placeholder.</summary>
    internal sealed record Text(Template Template) : JsonPart
    {
        public override bool IsFixed => !Template.HasPlaceholders;

        public override bool IsLeftOut(VariableValues variables) =>
            Template.OnlyPlaceholder is { } name && !variables.Has(name);

        public override void Write(Utf8JsonWriter writer, VariableValues variables, int limit)
        {
            if (Template.OnlyPlaceholder is { } name)
                variables.WriteJson(writer, name);
            else
                writer.WriteStringValue(Template.Render(variables, limit));
        }
    }

    internal sealed record Array(ImmutableArray<JsonPart> Items) : JsonPart
    {
        public override bool IsFixed { get; } = Items.All(item => item.IsFixed);

        public override void Write(Utf8JsonWriter writer, VariableValues variables, int limit)
        {
            writer.WriteStartArray();
            foreach (var item in Items)
            {
                if (IsFull(writer, limit))
                    return;
                if (!item.IsLeftOut(variables))
                    item.Write(writer, variables, limit);
            }

            writer.WriteEndArray();
        }
    }

    internal sealed record Object(ImmutableArray<(JsonEncodedText Name, JsonPart Value)> Members) : JsonPart
    {
        public override bool IsFixed { get; } = Members.All(member => member.Value.IsFixed);

        public override void Write(Utf8JsonWriter writer, VariableValues variables, int limit)
        {
            writer.WriteStartObject();
            foreach (var (name, value) in Members)
            {
                if (IsFull(writer, limit))
                    return;
                if (value.IsLeftOut(variables))
                    continue;
                writer.WritePropertyName(name);
                value.Write(writer, variables, limit);
            }

            writer.WriteEndObject();
        }
    }
}
