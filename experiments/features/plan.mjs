/** The runs and the preparations that are compared. */

export const epochs = 10;

/** Options of `um-mae probe`, by the names that the table has for them. */
export const preparations = {
  'mean of the last stage': ['--stages', '3', '--pooling', 'mean'],
  'mean and deviation of the last': ['--stages', '3'],
  'mean and deviation of the last two': ['--stages', '2,3'],
  'mean and deviation of all': ['--stages', '0,1,2,3'],
  'mean of the last, compact view': ['--stages', '3', '--pooling', 'mean', '--view', 'compact'],
  'mean and deviation of the last two, compact view': ['--stages', '2,3', '--view', 'compact'],
};
