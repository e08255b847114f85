
namespace Actions.Engine.Templates;

/// <summary>A fixed name and a template for its value.</summary>
internal readonly record struct NamedTemplate(string Name, Template Value);
