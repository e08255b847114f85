using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Actions.Server.Configuration;

/// <summary>Binds sections of the configuration to options, and checks them when the server starts.</summary>
internal static class Settings
{
    /// <summary>The error of a setting names its key, e.g. <c>Server:MaxPageSize</c>.</summary>
    public static void AddSettings<T>(this IServiceCollection services, IConfiguration configuration, string section)
        where T : class
    {
        services.AddOptions<T>().Bind(configuration.GetSection(section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new Rules<T>(section, configuration.GetSection(section)));
    }

    private sealed class Rules<T>(string section, IConfiguration settings) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var wrong = Unknown();
            foreach (var property in typeof(T).GetProperties())
            {
                // The annotations' error texts name the field by this.
                var context = new ValidationContext(options)
                {
                    MemberName = property.Name,
                    DisplayName = $"{section}:{property.Name}",
                };
                Validator.TryValidateProperty(property.GetValue(options), context, wrong);
            }

            if (wrong.Count == 0 && options is IValidatableObject fields)
                wrong.AddRange(fields.Validate(new ValidationContext(options)));
            return wrong.Count == 0
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(wrong.Select(result => result.ErrorMessage!));
        }

        // A mistyped key would leave the default in force, in silence.
        private List<ValidationResult> Unknown()
        {
            var known = typeof(T).GetProperties().Select(property =>
                property.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            return
            [
                .. from setting in settings.GetChildren()
                   where !known.Contains(setting.Key)
                   let all = string.Join(", ", known.Order(StringComparer.Ordinal))
                   select new ValidationResult($"{section}:{setting.Key} is no setting. {section} has {all}."),
            ];
        }
    }
}
