using System.ComponentModel.DataAnnotations;

namespace Actions.Server.History;

/// <summary>What is kept of executions after they have ended, and for how long (section <c>History</c>).</summary>
internal sealed class HistoryOptions : IValidatableObject
{
    public const string Section = "History";
    public const string Off = "off";
    public const string Metadata = "metadata";
    public const string Full = "full";

    /// <summary>
    /// <c>off</c>: nothing is recorded. <c>metadata</c>: no text that was spoken, no value, no body. <c>full</c>:
    /// these, too, of actions with <c>record_content</c>.
    /// </summary>
    [AllowedValues(Off, Metadata, Full, ErrorMessage = "{0} must be off, metadata or full.")]
    public string Level { get; set; } = Metadata;

    /// <summary>How long an execution is kept. 30 days: until the month's complaints have come.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long its content is kept. 7 days: what was said is looked at in the same week.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ContentRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Ended executions that wait to be written, some kilobytes each. Those beyond are not recorded. 10,000: what
    /// comes within two seconds at 5,000 per second.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueSize { get; set; } = 10_000;

    /// <summary>
    /// The share of the processors' time that writing may take. 0.02: executions come first, and those that can't be
    /// written with it are not recorded.
    /// </summary>
    [Range(0.001, 1)]
    public double ProcessorShare { get; set; } = 0.02;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ContentRetention > Retention)
            yield return new ValidationResult("History:ContentRetention must not be longer than History:Retention.");
    }
}
