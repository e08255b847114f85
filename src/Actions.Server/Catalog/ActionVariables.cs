using System.Text.RegularExpressions;
using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Server.Secrets;
using Actions.V1;

namespace Actions.Server.Catalog;

/// <summary>The variables of one version of an action.</summary>
internal sealed partial class ActionVariables
{
    private static readonly Dictionary<string, VariableType> Unknown = [];

    // Read when a page has one of the results: a sample may be larger than its action.
    private volatile Dictionary<string, VariableType>? _exampleTypes;

    public required string Id { get; init; }

    public required string Etag { get; init; }

    /// <summary>Those that the action declares, and its results.</summary>
    public required IReadOnlyList<KnownVariable> Own { get; init; }

    /// <summary>What else its templates need: for each, the names that may be meant. The first one, unless another
    /// exists.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Undeclared { get; init; }

    public required string Name { get; init; }

    public bool HasExampleTypes => _exampleTypes is not null;

    public int Bytes => Own.Sum(variable => variable.CalculateSize())
        + Undeclared.Sum(names => names.Sum(name => name.Length) + Id.Length + Name.Length);

    public static ActionVariables Of(EncryptedAction action, ActionCompiler compiler)
    {
        var (config, plan) = Compile(action, compiler);
        var own = config.Variables.Select(variable => new KnownVariable
        {
            Name = variable.Name,
            Origin = VariableOrigin.Declared,
            ActionId = config.Id,
            ActionName = config.Name,
            Type = variable.Type,
            Description = variable.Description,
            Sensitive = variable.Sensitive,
        }).Concat(config.Results.Select(result => new KnownVariable
        {
            Name = result.Variable,
            Origin = VariableOrigin.Result,
            ActionId = config.Id,
            ActionName = config.Name,
            Sensitive = result.Sensitive || plan?.SensitiveResults.Contains(result.Variable) == true,
        }));
        return new ActionVariables
        {
            Id = action.Id,
            Etag = action.Etag,
            Name = config.Name,
            Own = [.. own],
            Undeclared = [.. plan?.Undeclared ?? []],
        };
    }

    /// <summary>The type of a result's value in the sample, as far as it is known.</summary>
    public VariableType ExampleTypeOf(string variable) => (_exampleTypes ?? Unknown).GetValueOrDefault(variable);

    /// <param name="action">With its sample. Null: it was deleted meanwhile.</param>
    public void ReadExampleTypes(EncryptedAction? action, ActionCompiler compiler)
    {
        if (action is null)
        {
            _exampleTypes = Unknown;
            return;
        }

        var (config, plan) = Compile(action, compiler);
        var types = new Dictionary<string, VariableType>(plan?.ExampleTypes ?? []);
        // The shape of a sample has numbers, its fields know integers.
        var integers = config.Sample?.Fields.Where(field => field.Type == VariableType.Integer)
            .Select(field => Normalize(field.JsonPath)).ToHashSet() ?? [];
        foreach (var result in config.Results)
        {
            if (types.GetValueOrDefault(result.Variable) == VariableType.Number
                && integers.Contains(Normalize(result.JsonPath)))
                types[result.Variable] = VariableType.Integer;
        }

        _exampleTypes = types;
    }

    /// <summary>Without its authentication, in which there are no variables, and whose secrets are encrypted.</summary>
    private static (ActionConfig Config, ActionPlan? Plan) Compile(EncryptedAction action, ActionCompiler compiler)
    {
        var config = action.Stored.Clone();
        config.Authentication = null;
        try
        {
            return (config, compiler.CompileStored(config, "action_config"));
        }
        catch (InvalidFieldsException)
        {
            // Limits have changed since it was saved. What it declares is known nevertheless.
            return (config, null);
        }
    }

    /// <summary>One notation for the members with simple names, which may be written in two.</summary>
    private static string Normalize(string jsonPath) => SimpleMember().Replace(jsonPath, ".$1");

    [GeneratedRegex("""\[['"]([A-Za-z_][A-Za-z0-9_]*)['"]\]""")]
    private static partial Regex SimpleMember();
}
