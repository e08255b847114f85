using System.Globalization;
using System.Text;

namespace Actions.Engine.Extraction.Paths;

/// <summary>A character class. A look-up takes logarithmic time.</summary>
internal sealed class RuneSet
{
    private static readonly Dictionary<string, uint> Categories = MakeCategories();

    private readonly List<(int From, int To)> _ranges = [];
    private uint _categories;

    /// <summary>Contains the characters that were not added.</summary>
    public bool IsNegated { get; init; }

    /// <summary>A category by its name in RFC 9485, such as Lu or L.</summary>
    public static bool IsCategory(string name) => Categories.ContainsKey(name);

    public void Add(int from, int to) => _ranges.Add((from, to));

    public void Add(string category, bool complement) =>
        _categories |= complement ? ~Categories[category] : Categories[category];

    public bool Contains(Rune rune)
    {
        var at = _ranges.BinarySearch((rune.Value, int.MaxValue));
        // A miss is the complement of the insertion point, which is after the range that may contain it.
        var before = ~at - 1;
        var isIn = (before >= 0 && rune.Value <= _ranges[before].To) || (_categories >> (int)Rune.GetUnicodeCategory(rune) & 1) != 0;
        return isIn != IsNegated;
    }

    /// <summary>Sorts the ranges and merges overlaps. Call it before the first look-up; look-ups are
    /// thread-safe.</summary>
    public void Sort()
    {
        _ranges.Sort();
        var kept = 0;
        for (var i = 1; i < _ranges.Count; i++)
        {
            if (_ranges[i].From <= _ranges[kept].To)
                _ranges[kept] = (_ranges[kept].From, Math.Max(_ranges[kept].To, _ranges[i].To));
            else
                _ranges[++kept] = _ranges[i];
        }

        if (_ranges.Count > 0)
            _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
    }

    /// <summary>One bit per category; a major category has the bits of all its subcategories.</summary>
    private static Dictionary<string, uint> MakeCategories()
    {
        // In the order of the enumeration. Surrogates (Cs) aren't characters.
        string[] names =
        [
            "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc",
            "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
        ];
        var categories = new Dictionary<string, uint>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            if ((UnicodeCategory)i == UnicodeCategory.Surrogate)
                continue;
            categories.Add(names[i], 1u << i);
            categories[names[i][..1]] = categories.GetValueOrDefault(names[i][..1]) | (1u << i);
        }

        return categories;
    }
}
